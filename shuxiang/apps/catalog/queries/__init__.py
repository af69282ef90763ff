"""What others may ask about titles and imports. Frozen values only."""

from shuxiang.apps.catalog.queries.imports import (
    BatchView,
    QuarantinedView,
    batch,
    batch_of_file,
    batches,
    lock_batch,
    quarantined,
    same_publications,
)
from shuxiang.apps.catalog.queries.listing import (
    TitleDocument,
    TitleView,
    by_identifier,
    count,
    documents,
    newest_title_id,
    title,
    title_ids_after,
    titles,
)
from shuxiang.apps.catalog.queries.records import (
    SourceView,
    bibliographic,
    marc,
    source,
    sources,
)
from shuxiang.apps.catalog.queries.shelves import (
    class_counts,
    count_on_shelf,
    in_class,
    on_shelf,
    titles_beginning,
)
from shuxiang.apps.catalog.rules import NewTitle, SetAside, identifiers, title_values

__all__ = [
    "BatchView",
    "NewTitle",
    "QuarantinedView",
    "SetAside",
    "SourceView",
    "TitleDocument",
    "TitleView",
    "batch",
    "batch_of_file",
    "batches",
    "bibliographic",
    "by_identifier",
    "class_counts",
    "count",
    "count_on_shelf",
    "documents",
    "identifiers",
    "in_class",
    "lock_batch",
    "marc",
    "newest_title_id",
    "on_shelf",
    "quarantined",
    "same_publications",
    "source",
    "sources",
    "title",
    "title_ids_after",
    "title_values",
    "titles",
    "titles_beginning",
]
