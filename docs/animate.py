"""Makes an animated WebP of a film, for README and the site.

python docs/animate.py demo_output/panel.mp4 docs/demo.webp
"""

import sys

import av

MOST_WIDTH = 960  # Pixels. A page is not wider.
QUALITY = 80


def main(film: str, output: str) -> None:
    with av.open(film) as container:
        stream = container.streams.video[0]
        width = min(stream.width, MOST_WIDTH)
        size = {"width": width, "height": stream.height * width // stream.width}
        first, *others = [frame.to_image(**size) for frame in container.decode(stream)]
        duration = round(1000 / stream.average_rate)
    first.save(
        output, save_all=True, append_images=others, duration=duration, loop=0, quality=QUALITY
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
