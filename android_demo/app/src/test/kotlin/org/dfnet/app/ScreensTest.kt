package org.dfnet.app

import java.io.File
import org.dfnet.app.model.DepthNetwork
import org.dfnet.app.model.ExportedModels
import org.dfnet.app.model.FlowNetwork
import org.dfnet.app.model.Processor
import org.dfnet.core.ArgbImage
import org.dfnet.core.Arrangement
import org.dfnet.core.ColourMap
import org.dfnet.core.DisparityLimits
import org.dfnet.core.FlowColours
import org.dfnet.core.FlowRange
import org.dfnet.core.RgbImage
import org.dfnet.core.ScreenPicture
import org.dfnet.core.Window
import org.dfnet.core.drawScaleBar
import org.junit.Assert.assertTrue
import org.junit.Test

/** What the screens show of a drive, drawn by the core from what the exported models give; left as files to look at. */
class ScreensTest {
    private val clip = ClipPictures.all()

    @Test
    fun `the road at the bottom is nearer than the end of the street`() {
        val info = ExportedModels.of("depth")
        val depth = DepthNetwork(ExportedModels.content(info), info, threads = 2, processor = Processor.CPU).use { network ->
            network.read(StillFrame(clip[0]))
            network.run()
        }
        val width = depth.picture.width
        val height = depth.picture.height
        val colours = ArgbImage(width, height)
        val limits = DisparityLimits(width * height).apply { follow(depth.disparity) }
        val map = ColourMap("magma")
        map.draw(depth.disparity, limits, colours.pixels)
        assertTrue(colours.brightness(Window(0, height - 4, width, 4)) > 2 * colours.brightness(middle(width, height)))
        map.drawScaleBar(limits, colours, Window(width / 4, height - height / 12, width / 2, height / 24))
        save("depth", depth.picture, colours)
    }

    @Test
    fun `driving on, the left side moves to the left and the right side to the right`() {
        val info = ExportedModels.of("flow")
        val flow = FlowNetwork(ExportedModels.content(info), info, threads = 2, processor = Processor.CPU).use { network ->
            network.read(StillFrame(clip[0]))
            network.read(StillFrame(clip[1]))
            network.run()!!
        }
        val width = flow.picture.width
        val height = flow.picture.height
        val (left, right) = flow.flow.indices.filter { it % 2 == 0 }.partition { it / 2 % width < width / 2 }
        assertTrue(left.map { flow.flow[it] }.average() < right.map { flow.flow[it] }.average())
        val colours = ArgbImage(width, height)
        val range = FlowRange(width * height).apply { follow(flow.flow) }
        FlowColours().run {
            draw(flow.flow, range.maxMagnitude, colours.pixels)
            drawLegend(colours, width - height / 8, height - height / 8, height / 10)
        }
        save("flow", flow.picture, colours)
    }

    private fun middle(width: Int, height: Int) = Window(width / 2 - 4, height / 2 - 4, 8, 8)

    private fun ArgbImage.brightness(part: Window): Double =
        (part.top until part.top + part.height).flatMap { y ->
            (part.left until part.left + part.width).map { x -> pixels[y * width + x] }
        }.map { (it shr 16 and 0xFF) + (it shr 8 and 0xFF) + (it and 0xFF) }.average()

    private fun save(name: String, camera: RgbImage, colours: ArgbImage) {
        val screens = File(System.getProperty("dfnet.screens"))
        for (arrangement in listOf(Arrangement.BESIDE, Arrangement.OVER)) {
            val screen = ScreenPicture(2 * camera.width, 2 * camera.height, arrangement)
            screen.draw(camera, colours, opacity = 0.65f)
            write(screen.image, File(screens, "${name}_${arrangement.name.lowercase()}.ppm"))
        }
    }

    /** As a binary PPM. */
    private fun write(image: ArgbImage, file: File) = file.outputStream().buffered().use { out ->
        out.write("P6 ${image.width} ${image.height} 255\n".toByteArray())
        for (pixel in image.pixels) for (shift in intArrayOf(16, 8, 0)) out.write(pixel shr shift)
    }
}
