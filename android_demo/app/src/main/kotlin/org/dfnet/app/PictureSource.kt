package org.dfnet.app

import android.app.Activity
import android.net.Uri
import android.os.Bundle
import android.view.View
import java.io.IOException
import java.util.concurrent.Executor
import org.dfnet.app.Notices.Trouble
import org.dfnet.app.model.PictureFrame
import org.dfnet.core.Fit
import org.dfnet.core.LatestFrame

/**
 * Where pictures come from: the camera, or one picture of the gallery in its stead. Main thread.
 *
 * @param background reads pictures of the gallery.
 * @param onChoice is told when [live] may have changed.
 */
class PictureSource(
    private val activity: Activity,
    private val frames: LatestFrame<PictureFrame>,
    private val notices: Notices,
    private val background: Executor,
    saved: Bundle?,
    private val onChoice: () -> Unit,
) {
    /** How pictures are brought into the network's shape, from the next one on. */
    @Volatile var fit = Fit.CROP

    /** Whether the camera is meant. */
    val live: Boolean get() = place == null

    private val permission = CameraPermission(activity, saved)
    private val reader = PhotoReader(activity.contentResolver, activity.cacheDir)
    private val grant: View = activity.view(R.id.grant)
    private var place: Uri? = saved?.getParcelable(PLACE)
    private var photo: Photo? = null // What lies at `place`, once it is read.
    private var camera: Camera? = null
    private var started = false

    init {
        grant.setOnClickListener { permission.askAgain() }
    }

    /** The screen is in front. */
    fun start() {
        started = true
        notices.clear(Trouble.SOURCE)
        grant.visibility = View.GONE
        if (!live) showPhoto() else if (permission.granted) openCamera() else askForCamera()
    }

    /** The screen goes; the loop reads no frame any more. */
    fun stop() {
        started = false
        camera?.close()
        camera = null
    }

    /** Shows the picture at `place`; none: the camera. The loop reads no frame meanwhile. */
    fun choose(place: Uri?) {
        this.place = place
        photo = null
        onChoice()
        if (started) {
            stop()
            start()
        }
    }

    /** Another network wants to see the gallery's picture, too; the camera's come by themselves. */
    fun repeat() {
        photo?.let { frames.offer(it.also { photo -> photo.fit = fit }) }
    }

    fun save(state: Bundle) {
        state.putParcelable(PLACE, place)
        permission.save(state)
    }

    private fun openCamera() {
        @Suppress("DEPRECATION") // What follows it needs API 30.
        val display = activity.windowManager.defaultDisplay
        camera = Camera(activity, display, { fit }, frames::offer) { problem, detail ->
            notices.tell(
                Trouble.SOURCE,
                when (problem) {
                    CameraProblem.NONE_HERE -> activity.getString(R.string.no_camera)
                    CameraProblem.TAKEN -> activity.getString(R.string.camera_taken)
                    CameraProblem.FAILED -> activity.getString(R.string.camera_failed, detail)
                },
            )
        }
    }

    private fun askForCamera() {
        val text = if (permission.asked) R.string.permission_denied else R.string.permission_rationale
        notices.tell(Trouble.SOURCE, activity.getString(text))
        grant.visibility = View.VISIBLE
        permission.askOnce()
    }

    private fun showPhoto() {
        if (photo != null) return repeat()
        val wanted = place ?: return
        background.execute {
            val read = try {
                Photo(reader.read(wanted))
            } catch (_: IOException) {
                null
            } catch (_: SecurityException) {
                null // The leave to read it ended with the app's last start.
            }
            activity.runOnUiThread { if (place == wanted) take(read) }
        }
    }

    private fun take(read: Photo?) {
        photo = read
        if (read == null) {
            notices.mention(activity.getString(R.string.picture_unreadable))
            choose(null)
        } else if (started) {
            repeat()
        }
    }

    private companion object {
        const val PLACE = "picture of the gallery"
    }
}
