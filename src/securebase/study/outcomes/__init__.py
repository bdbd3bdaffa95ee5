"""Outcomes of courses: response, remission, reliable and clinically significant change, deterioration, dropout."""
