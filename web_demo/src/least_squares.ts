/** Robust, weighted least squares of six unknowns, as dfnet_tf.geometry.least_squares. */

export const UNKNOWNS = 6;
const DAMPING = 1e-4; // Relative to each unknown's own weight: unknowns that the data leave open stay.

/** J^T W J and J^T W r, summed up row by row. */
export class NormalEquations {
  private readonly normal = Array.from({ length: UNKNOWNS }, () => new Float64Array(UNKNOWNS));
  private readonly right = new Float64Array(UNKNOWNS);

  /** One row of J, its residual and its weight. */
  add(row: ArrayLike<number>, residual: number, weight: number): void {
    for (let i = 0; i < UNKNOWNS; i++) {
      const weighted = weight * row[i]!;
      this.right[i]! += weighted * residual;
      for (let j = 0; j < UNKNOWNS; j++) this.normal[i]![j]! += weighted * row[j]!;
    }
  }

  /** The solution, damped; each unknown is measured in a unit of its own, so all are damped alike. */
  solve(): number[] {
    const unit = this.normal.map((row, i) => Math.sqrt(row[i]! + 1e-12));
    const rows = this.normal.map((row, i) => [
      ...Array.from(row, (value, j) => value / (unit[i]! * unit[j]!) + (i === j ? DAMPING : 0)),
      this.right[i]! / unit[i]!,
    ]);
    return eliminated(rows).map((value, i) => value / unit[i]!);
  }
}

/** Solves a positive definite system, given as rows with the right side at their ends. */
function eliminated(rows: number[][]): number[] {
  for (const [k, pivot] of rows.entries()) {
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[k]! / pivot[k]!;
      for (let j = k; j < row.length; j++) row[j]! -= factor * pivot[j]!;
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!);
}

/** Cauchy's scale: the `share` quantile of the lengths, the nearest from below, but not below `smallest`. */
export function inlierScale(lengths: Float64Array, share: number, smallest: number): number {
  const sorted = lengths.slice().sort();
  return Math.max(sorted[Math.floor(share * (sorted.length - 1))] ?? 1, smallest);
}
