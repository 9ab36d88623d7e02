"""Works of a bibliography are items of their list."""

from listed_works import list_works


def test_each_work_is_an_item_and_other_pages_are_left_alone():
    context = {"body": '<div role="list"><div role="doc-biblioentry">A work.</div></div>'}
    list_works(None, "page", "page.html", context, None)
    assert context["body"] == '<div role="list"><div role="listitem">A work.</div></div>'
    empty = {}
    list_works(None, "page", "page.html", empty, None)
    assert empty == {}
