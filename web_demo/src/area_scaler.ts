/**
 * Resizes RGBA pixels to RGB: each new pixel is the mean of the area it covers.
 *
 * As tf.image.resize(method="area"), which the networks' pictures in Python come from.
 */
export class AreaScaler {
  private readonly across: Share[][];
  private readonly down: Share[][];
  private readonly row: Float32Array;

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly newWidth: number,
    private readonly newHeight: number,
  ) {
    this.across = shares(width, newWidth);
    this.down = shares(height, newHeight);
    this.row = new Float32Array(3 * width);
  }

  fits(width: number, height: number, newWidth: number, newHeight: number): boolean {
    return (
      this.width === width &&
      this.height === height &&
      this.newWidth === newWidth &&
      this.newHeight === newHeight
    );
  }

  /** From 4 bytes a pixel to 3. */
  scale(rgba: Uint8ClampedArray, rgb: Uint8Array): void {
    let to = 0;
    for (const rows of this.down) {
      this.meanRow(rgba, rows);
      for (const columns of this.across) {
        let [red, green, blue] = [0.5, 0.5, 0.5];
        for (const { index, share } of columns) {
          red += share * this.row[3 * index]!;
          green += share * this.row[3 * index + 1]!;
          blue += share * this.row[3 * index + 2]!;
        }
        rgb[to++] = red;
        rgb[to++] = green;
        rgb[to++] = blue;
      }
    }
  }

  private meanRow(rgba: Uint8ClampedArray, rows: Share[]): void {
    const { row, width } = this;
    row.fill(0);
    for (const { index, share } of rows) {
      let from = 4 * index * width;
      for (let i = 0; i < row.length; i += 3, from += 4) {
        row[i]! += share * rgba[from]!;
        row[i + 1]! += share * rgba[from + 1]!;
        row[i + 2]! += share * rgba[from + 2]!;
      }
    }
  }
}

interface Share {
  index: number;
  share: number;
}

/** Which of `length` old pixels each of `newLength` new ones covers, and what share of it they are. */
function shares(length: number, newLength: number): Share[][] {
  return Array.from({ length: newLength }, (_, i) => {
    // In units of 1 / newLength old pixels, in which all edges are whole.
    const [begin, end] = [i * length, (i + 1) * length];
    const covered: Share[] = [];
    for (let index = Math.floor(begin / newLength); index * newLength < end; index++) {
      const overlap = Math.min(end, (index + 1) * newLength) - Math.max(begin, index * newLength);
      covered.push({ index, share: overlap / length });
    }
    return covered;
  });
}
