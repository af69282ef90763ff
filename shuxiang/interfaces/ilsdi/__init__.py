"""ILS-DI, as Koha answers it: discovery systems ask for availability and act for readers."""
