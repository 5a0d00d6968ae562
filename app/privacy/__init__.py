"""What is kept of whom, who sees it and where it goes: declared once, for the page of the public and for docs/privacy.md."""
