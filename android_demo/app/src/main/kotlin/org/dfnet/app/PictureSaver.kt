package org.dfnet.app

import android.Manifest
import android.app.Activity
import android.content.pm.PackageManager
import android.graphics.Bitmap
import java.io.IOException
import java.text.SimpleDateFormat
import java.util.Date
import java.util.Locale
import java.util.concurrent.Executor

/** Saves pictures among the phone's and says what came of it. Main thread; the work is done in the background. */
class PictureSaver(private val activity: Activity, private val notices: Notices, private val background: Executor) {
    private val store = PictureStore(activity.contentResolver)
    private var postponed: (() -> Unit)? = null // Until the user has answered.

    /** Saves `picture`; its name is made of `kind` and the time. */
    fun save(picture: Bitmap?, kind: String) {
        if (picture == null) return notices.mention(activity.getString(R.string.nothing_to_save))
        val name = "dfnet_${kind}_" + SimpleDateFormat("yyyyMMdd_HHmmss", Locale.ROOT).format(Date())
        if (allowed()) return background.execute { write(picture, name) }
        postponed = { background.execute { write(picture, name) } }
        activity.requestPermissions(arrayOf(Manifest.permission.WRITE_EXTERNAL_STORAGE), REQUEST)
    }

    /** What the user said to [REQUEST]. */
    fun answer(grants: IntArray) {
        if (grants.firstOrNull() == PackageManager.PERMISSION_GRANTED) {
            postponed?.invoke()
        } else {
            notices.mention(activity.getString(R.string.storage_denied))
        }
        postponed = null
    }

    private fun allowed() = !PictureStore.NEEDS_PERMISSION ||
        activity.checkSelfPermission(Manifest.permission.WRITE_EXTERNAL_STORAGE) == PackageManager.PERMISSION_GRANTED

    private fun write(picture: Bitmap, name: String) = notices.mention(
        try {
            store.save(picture, name)
            activity.getString(R.string.saved, name)
        } catch (e: IOException) {
            activity.getString(R.string.save_failed, e.message)
        } catch (e: SecurityException) {
            activity.getString(R.string.save_failed, e.message)
        },
    )

    companion object {
        /** Of onRequestPermissionsResult. */
        const val REQUEST = 2
    }
}
