"""The life of a version: save, update, archive, restore; looking groups and versions up.

Functions here take a `Registry`, check everything, write in one transaction and return
records. The objects that users hold (`Model`, `ModelGroup`) call them.
"""
