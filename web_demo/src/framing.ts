/** The part of a picture that a network sees. */

export interface Window {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The largest window of the shape `across` : `down` in the middle of width x height. */
export function middle(width: number, height: number, across: number, down: number): Window {
  const isWide = width * down > height * across;
  const inside = isWide
    ? { width: Math.max(1, Math.round((height * across) / down)), height }
    : { width, height: Math.max(1, Math.round((width * down) / across)) };
  return {
    left: Math.floor((width - inside.width) / 2),
    top: Math.floor((height - inside.height) / 2),
    ...inside,
  };
}
