"""The README's table of functions is the registry's."""

from pathlib import Path

from modelgroups.query import functions

README = Path(__file__).parents[2] / "README.md"
START, END = "<!-- functions -->\n", "<!-- end of functions -->"


def table() -> str:
    """Return the table as it must stand in the README."""
    lines = ["| function | kind | value |", "|---|---|---|"]
    for _, row in functions().iterrows():
        lines.append(f"| `{row['signature']}` | {row['kind']} | {row['doc']} |")
    return "\n".join(lines) + "\n"


def test_the_table_of_functions_is_that_of_the_registry():
    text = README.read_text()
    assert text[text.index(START) + len(START) : text.index(END)] == table()


if __name__ == "__main__":  # writes the table anew
    text = README.read_text()
    before, after = text[: text.index(START) + len(START)], text[text.index(END) :]
    README.write_text(before + table() + after)
