"""Makes an animated WebP of a film, for README and the site.

python docs/animate.py demo_output/panel.mp4 docs/panel.webp
"""

import sys

import av

QUALITY = 80


def main(film: str, output: str) -> None:
    with av.open(film) as container:
        rate = container.streams.video[0].average_rate
        first, *others = [frame.to_image() for frame in container.decode(video=0)]
    duration = round(1000 / rate)
    first.save(
        output, save_all=True, append_images=others, duration=duration, loop=0, quality=QUALITY
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
