"""Who can help whom, and who helps whom best. Pure: no web, no database, no network, no clock."""
