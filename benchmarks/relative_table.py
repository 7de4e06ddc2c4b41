"""A Markdown table of the costs and gains of quantization, relative to float32."""


def table(rows: dict[str, dict[str, float]]) -> str:
    """Markdown; errors against the truth, and times, are also relative to the first row, float32.

    Args:
      rows: {name of the recipe: {column: number}}.
    """
    (reference, *_) = rows.values()
    lines = [f"| recipe | {' | '.join(reference)} |", "|---" * (1 + len(reference)) + "|"]
    for name, row in rows.items():
        cells = [_cell(column, value, reference[column]) for column, value in row.items()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(column: str, value: float, reference: float) -> str:
    match column:
        case "MB":
            return f"{value:.2f}"
        case "against Keras":
            return f"{value:.4f}"
        case "ms":
            return f"{value:.1f} ({value / reference:.2f}x)"
        case _:
            return f"{value:.4f} ({value / reference - 1:+.1%})"
