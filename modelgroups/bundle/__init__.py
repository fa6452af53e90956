"""Bundles: a group with its versions and files in one file, to be taken to another registry.

A bundle is a ZIP archive without compression. `archive` knows that, `documents` how rows are
written as JSON, `members` which files belong to which rows, `checks` what rows may hold, `columns`
what inference logs may, `merge` how rows come together with those that are there. Aliases,
deployments and audit events are told in forms of their own: `moves`, `deployments`, `history`.
`export` writes a bundle, `intake` takes one in. Which tables travel is said in
`modelgroups.catalog.exported`, and there only.
"""
