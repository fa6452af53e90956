"""Reports: a version, a group or a whole registry as one HTML file that needs nothing else.

Made in three steps: what the facades answer is gathered into plain values (`version`, `group`,
`overview`), templates make HTML of these (`render`), and the file is put into place (`writing`).
"""
