"""A real SMTP server for each test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.smtp import SmtpServer, smtp_server


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server
