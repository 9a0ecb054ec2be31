"""What our own engine is compared with: the same work, written as one writes it without thinking of speed."""
