package org.dfnet.app

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.os.Looper
import android.util.Size
import android.view.Display
import org.dfnet.core.CameraMount
import org.dfnet.core.Fit

/** Why there are no frames. */
enum class CameraProblem { NONE_HERE, TAKEN, FAILED }

/**
 * The phone's camera, from its opening in the constructor until [close]; one object for each opening.
 *
 * All of it happens on the main thread, but for the frames: they come on a thread of their own, and
 * none comes after [close]. The permission must have been granted.
 *
 * @param display whose rotation the frames are to be upright on.
 * @param fit how the next frame is brought into the network's shape.
 * @param onFrame takes a frame over and closes it.
 * @param onProblem is told, with a word for the user, why there are no frames: not more than once.
 */
class Camera(
    context: Context,
    private val display: Display,
    private val fit: () -> Fit,
    private val onFrame: (CameraFrame) -> Unit,
    private val onProblem: (CameraProblem, String) -> Unit,
) : AutoCloseable {
    private val manager = context.getSystemService(Context.CAMERA_SERVICE) as CameraManager
    private val main = Handler(Looper.getMainLooper())
    private val delivery = HandlerThread("camera frames")
    private val lock = Any() // Whoever holds it finds the reader open, or knows that it is closed.
    private var reader: ImageReader? = null
    private var device: CameraDevice? = null
    private var mount: CameraMount? = null
    private var over = false

    init {
        delivery.start()
        attempt { open() }
    }

    /** From the return of this call on, the camera is free for others. */
    override fun close() {
        over = true
        device?.close()
        device = null
        synchronized(lock) {
            reader?.close()
            reader = null
        }
        delivery.quitSafely()
    }

    @SuppressLint("MissingPermission") // Asked for by the screen; a refusal ends in `attempt`.
    private fun open() {
        val id = chooseCamera() ?: return fail(CameraProblem.NONE_HERE, "")
        val traits = manager.getCameraCharacteristics(id)
        val size = chooseSize(
            traits[CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP]
                ?.getOutputSizes(ImageFormat.YUV_420_888).orEmpty().asList(),
        ) ?: return fail(CameraProblem.FAILED, "YUV_420_888")
        mount = CameraMount(
            traits[CameraCharacteristics.SENSOR_ORIENTATION] ?: 0,
            traits[CameraCharacteristics.LENS_FACING] == CameraCharacteristics.LENS_FACING_FRONT,
        )
        reader = newReader(size)
        manager.openCamera(id, DeviceEvents(), main)
    }

    /** The first camera that looks away from the user; else the first one. */
    private fun chooseCamera(): String? {
        val ids = manager.cameraIdList
        return ids.firstOrNull {
            manager.getCameraCharacteristics(it)[CameraCharacteristics.LENS_FACING] ==
                CameraCharacteristics.LENS_FACING_BACK
        } ?: ids.firstOrNull()
    }

    private fun newReader(size: Size): ImageReader {
        val frames = CameraFrames(HELD_FRAMES)
        val reader = ImageReader.newInstance(size.width, size.height, ImageFormat.YUV_420_888, HELD_FRAMES + 1)
        reader.setOnImageAvailableListener({ source -> deliver(source, frames) }, Handler(delivery.looper))
        return reader
    }

    private fun deliver(source: ImageReader, frames: CameraFrames) {
        synchronized(lock) {
            val mount = mount
            if (reader == null || mount == null) return
            val image = source.acquireLatestImage() ?: return
            frames.frame(image, mount.clockwiseToUpright(display.rotation), fit())?.let(onFrame)
        }
    }

    private fun startStream(device: CameraDevice) {
        val surface = reader?.surface ?: return
        val request = device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
        request.addTarget(surface)
        val events = object : CameraCaptureSession.StateCallback() {
            override fun onConfigured(session: CameraCaptureSession) {
                if (!over) attempt { session.setRepeatingRequest(request.build(), null, main) }
            }

            override fun onConfigureFailed(session: CameraCaptureSession) = fail(CameraProblem.FAILED, "configure")
        }
        @Suppress("DEPRECATION") // What follows it needs API 28.
        device.createCaptureSession(listOf(surface), events, main)
    }

    private inner class DeviceEvents : CameraDevice.StateCallback() {
        override fun onOpened(camera: CameraDevice) {
            if (over) return camera.close() // Closed while it was opening.
            device = camera
            attempt { startStream(camera) }
        }

        override fun onDisconnected(camera: CameraDevice) {
            camera.close()
            fail(CameraProblem.TAKEN, "")
        }

        override fun onError(camera: CameraDevice, error: Int) {
            camera.close()
            val taken = error == ERROR_CAMERA_IN_USE || error == ERROR_MAX_CAMERAS_IN_USE
            fail(if (taken) CameraProblem.TAKEN else CameraProblem.FAILED, "error $error")
        }
    }

    /** Cameras throw all of these when they are taken away between two calls. */
    private inline fun attempt(step: () -> Unit) {
        try {
            step()
        } catch (e: CameraAccessException) {
            val taken = e.reason == CameraAccessException.CAMERA_IN_USE
            fail(if (taken) CameraProblem.TAKEN else CameraProblem.FAILED, e.message.orEmpty())
        } catch (e: SecurityException) {
            fail(CameraProblem.FAILED, e.message.orEmpty())
        } catch (e: IllegalStateException) {
            fail(CameraProblem.FAILED, e.message.orEmpty())
        } catch (e: IllegalArgumentException) {
            fail(CameraProblem.FAILED, e.message.orEmpty())
        }
    }

    private fun fail(problem: CameraProblem, detail: String) {
        if (over) return
        over = true
        device?.close() // The reader stays: the loop may still read a frame of it.
        device = null
        onProblem(problem, detail)
    }

    private companion object {
        const val HELD_FRAMES = 3 // One is read, one waits, one arrives.
        const val SHORT_SIDE = 480 // Pixels; the networks look at less, so more would be converted in vain.

        /** The smallest size with [SHORT_SIDE]; else the largest. */
        fun chooseSize(sizes: List<Size>): Size? {
            val byArea = sizes.sortedBy { it.width.toLong() * it.height }
            return byArea.firstOrNull { minOf(it.width, it.height) >= SHORT_SIDE } ?: byArea.lastOrNull()
        }
    }
}
