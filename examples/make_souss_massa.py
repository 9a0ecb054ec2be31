"""Writes souss-massa-33.xlsx: 33 invented cooperatives of Souss-Massa, the size of a regional group of the programme.

Nothing in it is anybody's: names, contacts, register numbers and figures are made up, the telephone numbers are a
block of zeros and the mail domains end in ".example", which the Internet reserves for examples (RFC 2606).
Run it again after a change: ``python examples/make_souss_massa.py``; the same script writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter

from actions.spreadsheet_template import SHEET, write_headers
from programme.intake import fields

OUTPUT = Path(__file__).with_name("souss-massa-33.xlsx")
INVENTED = "Données inventées pour la démonstration / بيانات مختلقة لأغراض العرض"
EXPLANATION = (
    "Ces 33 coopératives n'existent pas : elles servent à montrer et à essayer le logiciel.",
    "Les noms, les contacts, les numéros de registre et les chiffres sont inventés.",
    "Les numéros de téléphone et les adresses électroniques ne mènent à personne.",
    "هذه التعاونيات الثلاث والثلاثون غير موجودة: الغرض منها عرض البرنامج وتجربته.",
    "الأسماء وجهات الاتصال وأرقام السجل والأرقام كلها مختلقة.",
    "أرقام الهاتف والعناوين الإلكترونية لا تؤدي إلى أي شخص.",
)
WITHOUT_EMAIL = {4, 11, 17, 24, 30}
WITHOUT_REGISTER_NUMBER = {9, 22}
FIRST_ROW = 3
"""The first cooperative's row, from 0: a title and a blank line stand above the headers."""

AGADIR, CHTOUKA, INEZGANE = "Agadir-Ida-Ou-Tanane", "Chtouka-Aït Baha", "Inezgane-Aït Melloul"
TAROUDANNT, TATA, TIZNIT = "Taroudannt", "Tata", "Tiznit"
COURTS = {
    AGADIR: "Agadir",
    CHTOUKA: "Inezgane",
    INEZGANE: "Inezgane",
    TAROUDANNT: "Taroudannt",
    TATA: "Tata",
    TIZNIT: "Tiznit",
}

# ruff: noqa: E501 - one cooperative a line reads as a table
# province, commune, name, Arabic name, sector, branch, registered on, members, women, young graduates, disabled, turnover
COOPERATIVES = (
    (AGADIR, "Tamri", "Argan Imal n'Oufella", "أركان إمال ن أوفلا", "Argan", "Huile d'argan", "2023-03-14", 24, 24, 2, 0, 386500),
    (AGADIR, "Imouzzer", "Miel Tizi Ouadou", "عسل تيزي وادو", "Agriculture", "Apiculture", "2023-05-09", 11, 3, 1, 0, 142800.5),
    (AGADIR, "Drarga", "Al Yad Addahabia", "اليد الذهبية", "Artisanat", "Tissage", "2023-09-21", 9, 9, 2, 1, 64000),
    (AGADIR, "Tamri", "Azrou Oumlil pour la pêche", "أزرو أومليل للصيد", "Pêche", "Pêche artisanale", "2024-02-06", 18, 0, 0, 0, 512300),
    (AGADIR, "Aourir", "Gîtes Ighir n'Ouaman", "مآوي إيغير ن وامان", "Tourisme", "Tourisme rural", "2024-07-17", 7, 3, 4, 0, 98000),
    (AGADIR, "Agadir", "Souss Numérique Jeunes", "سوس الرقمية للشباب", "Services", "Services numériques", "2025-10-02", 5, 2, 5, 0, 45200),
    (CHTOUKA, "Sidi Bibi", "Al Baraka maraîchage", "البركة للخضراوات", "Agriculture", "Maraîchage", "2023-04-04", 16, 5, 1, 0, 734900),
    (CHTOUKA, "Aït Baha", "Argan Tazalt n'Ida", "أركان تازالت ن إدا", "Argan", "Huile d'argan", "2023-06-27", 31, 31, 1, 2, 428750),
    (CHTOUKA, "Tanalt", "Amandiers Adrar Ouzal", "لوز أدرار أوزال", "Agriculture", "Amandes", "2023-11-15", 13, 4, 0, 0, 119400),
    (CHTOUKA, "Massa", "Tichka herbes de Massa", "تيشكا لأعشاب ماسة", "Plantes aromatiques et médicinales", "Romarin et thym", "2024-03-12", 8, 6, 3, 0, 76500),
    (CHTOUKA, "Biougra", "Couscous Tamghra", "كسكس تامغرا", "Denrées alimentaires", "Couscous", "2024-09-05", 12, 12, 2, 0, 158200),
    (CHTOUKA, "Belfaa", "Lait Tassaout Belfaa", "حليب تاساوت بلفاع", "Agriculture", "Élevage bovin", "2025-01-23", 22, 6, 1, 1, 903100),
    (INEZGANE, "Aït Melloul", "Couture Al Amal Jadid", "خياطة الأمل الجديد", "Artisanat", "Couture", "2023-07-11", 10, 10, 3, 1, 87300),
    (INEZGANE, "Lqliaa", "Recyclage Afous", "أفوس لتدوير النفايات", "Environnement et recyclage", "Papier et carton", "2024-01-30", 9, 1, 4, 0, 132600),
    (INEZGANE, "Temsia", "Volailles Tamazirt", "دواجن تامازيرت", "Agriculture", "Aviculture", "2024-05-28", 7, 2, 1, 0, 245000),
    (INEZGANE, "Dcheira", "Pâtisserie Tarbiaat", "حلويات تاربيعت", "Denrées alimentaires", "Pâtisserie", "2025-03-18", 6, 6, 2, 0, 58900),
    (INEZGANE, "Inezgane", "Crèche Izerzain", "حضانة إزرزاين", "Services", "Petite enfance", "2026-02-10", 5, 5, 4, 0, None),
    (TAROUDANNT, "Taliouine", "Safran Ourti n'Tafoukt", "زعفران أورتي ن تافوكت", "Agriculture", "Safran", "2023-03-29", 27, 15, 2, 0, 611000),
    (TAROUDANNT, "Taliouine", "Safran Azaghar", "زعفران أزاغار", "Agriculture", "Safran", "2023-10-12", 14, 14, 1, 0, 287400),
    (TAROUDANNT, "Aoulouz", "Huile d'olive Assif Aoulouz", "زيت الزيتون أسيف أولوز", "Denrées alimentaires", "Huile d'olive", "2023-12-05", 19, 4, 0, 1, 340250),
    (TAROUDANNT, "Igherm", "Tapis Tazerbit Igherm", "زرابي تازربيت إغرم", "Artisanat", "Tapis", "2024-04-16", 20, 20, 0, 0, 94700),
    (TAROUDANNT, "Oulad Teima", "Agrumes Al Wifaq Saghir", "حوامض الوفاق الصغير", "Agriculture", "Agrumes", "2024-08-22", 33, 3, 2, 0, 1248000),
    (TAROUDANNT, "Tafingoult", "Caprins Toubkal Ouzdar", "ماعز توبقال أوزدار", "Agriculture", "Élevage caprin", "2024-11-07", 15, 2, 0, 0, 176300),
    (TAROUDANNT, "Taroudannt", "Cuir Bab Lkhmis", "جلد باب الخميس", "Artisanat", "Maroquinerie", "2025-05-13", 6, 1, 2, 0, 83150.75),
    (TAROUDANNT, "Argana", "Argan Ighzer Amlal", "أركان إغزر أملال", "Argan", "Cosmétique d'argan", "2025-12-16", 17, 17, 5, 0, 52000),
    (TATA, "Akka", "Dattes Oasis Tagant", "تمور واحة تاكانت", "Agriculture", "Dattes", "2023-08-08", 21, 7, 1, 1, 265800),
    (TATA, "Foum Zguid", "Henné Tafsut", "حناء تافسوت", "Plantes aromatiques et médicinales", "Henné", "2024-06-19", 12, 12, 1, 0, 71200),
    (TATA, "Tissint", "Circuits Agoulzi", "مسارات أكولزي", "Tourisme", "Guides et bivouacs", "2026-04-21", 5, 1, 3, 0, None),
    (TIZNIT, "Tafraout", "Amlou Tilila", "أملو تيليلا", "Denrées alimentaires", "Amlou", "2023-05-30", 13, 13, 2, 0, 208600),
    (TIZNIT, "Tiznit", "Bijoux Taounza", "حلي تاونزا", "Artisanat", "Bijouterie d'argent", "2024-02-27", 8, 2, 1, 1, 187900),
    (TIZNIT, "Aglou", "Moules Aglou Ouaman", "بلح البحر أكلو وامان", "Pêche", "Conchyliculture", "2024-10-24", 10, 4, 2, 0, 153000),
    (TIZNIT, "Ouijjane", "Figues Tazart", "تين تازارت", "Agriculture", "Figues de Barbarie", "2025-07-08", 9, 5, 1, 0, 66400),
    (TIZNIT, "Anzi", "Thym Iminrig", "زعتر إمينريك", "Plantes aromatiques et médicinales", "Thym", "2026-06-02", 6, 4, 2, 0, None),
)  # fmt: skip


def rows() -> Iterator[dict[str, object]]:
    """Yield the cooperatives by field, in the order of the file."""
    for number, line in enumerate(COOPERATIVES, start=1):
        province, commune, name, name_ar, sector, branch, registered_on, *figures = line
        members, women, young_graduates, disabled, turnover_dh = figures
        yield {
            "external_id": f"DEMO-{number:02}",
            "name": f"Coopérative {name}",
            "name_ar": f"تعاونية {name_ar}",
            "register_court": COURTS[province],
            "register_number": None if number in WITHOUT_REGISTER_NUMBER else f"F-{number:03}/{registered_on[:4]}",
            "registered_on": date.fromisoformat(registered_on),
            "region": "Souss-Massa",
            "province": province,
            "commune": commune,
            "address": f"Centre {commune}",
            "sector": sector,
            "branch": branch,
            "members": members,
            "women": women,
            "young_graduates": young_graduates,
            "disabled": disabled,
            "feminine": "oui" if women == members else "non",
            "turnover_dh": turnover_dh,
            "fiscal_year_end": "31/12",
            **contact(number, feminine=women == members),
        }


def contact(number: int, *, feminine: bool) -> dict[str, object]:
    """Return the invented contact of a cooperative; one in three reads French."""
    language = "fr" if number % 3 == 0 else "ar"
    french = f"{'Présidente fictive' if feminine else 'Président fictif'} {number:02}"
    arabic = f"{'رئيسة مختلقة' if feminine else 'رئيس مختلق'} {number:02}"
    return {
        "phone": f"+212 5 28 00 00 {number:02}",
        "email": None if number in WITHOUT_EMAIL else f"contact@coop-{number:02}.example",
        "language": language,
        "president": french if language == "fr" else arabic,
    }


def write(path: Path) -> None:
    """Write the list: a title that says it is invented, the template's headers, and a sheet that explains."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        workbook.set_properties({"title": INVENTED, "created": datetime(2026, 1, 1, tzinfo=UTC)})
        sheet = workbook.add_worksheet(SHEET)
        sheet.write_string(0, 0, INVENTED, workbook.add_format({"bold": True, "font_color": "#B00020"}))
        write_headers(workbook, sheet, row=FIRST_ROW - 1)
        for at, row in enumerate(rows(), start=FIRST_ROW):
            for column, field in enumerate(fields()):
                sheet.write(at, column, row[field])
        readme = workbook.add_worksheet("Lisez-moi - اقرأني")
        readme.set_column(0, 0, 100)
        readme.write_column(0, 0, (INVENTED, "", *EXPLANATION))


if __name__ == "__main__":
    write(OUTPUT)
