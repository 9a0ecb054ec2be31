# The image of every part: web, workers, Prefect's server, watchdog. Only what the lock names, by its hashes.
FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/mourafaka
ENV PATH=/opt/mourafaka/bin:$PATH
COPY requirements.lock .
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && python -m compileall -q /opt/mourafaka/lib

FROM python:3.13-slim
# `mourafaka backup` calls pg_dump; it must not be older than the server.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/mourafaka mourafaka
COPY --from=build /opt/mourafaka /opt/mourafaka
COPY prefect.yaml /opt/mourafaka/prefect.yaml
# Morocco has been on UTC+0 since 2026-09-20: the zone data of the package, not of the image (docs/adr/0002).
ENV PATH=/opt/mourafaka/bin:$PATH \
    PYTHONTZPATH="" \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    MOURAFAKA_DATA_DIR=/var/lib/mourafaka \
    PREFECT_HOME=/var/lib/mourafaka/prefect
USER 10001
WORKDIR /var/lib/mourafaka
CMD ["mourafaka", "--help"]
