"""One pure function per statement; each returns an :class:`~flowbounds.evidence.Evidence`."""
