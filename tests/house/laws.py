"""All laws, in the order in which lint checks them."""

from tests.house import calls, documents, imports, names, purity, sizes

LAWS = (
    *imports.LAWS,
    *purity.LAWS,
    *sizes.LAWS,
    *calls.LAWS,
    *names.LAWS,
    *documents.LAWS,
)
