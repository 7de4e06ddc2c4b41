package org.dfnet.app

import android.Manifest
import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Bundle
import android.provider.Settings

/** The user's leave to use the camera: asked for once by itself, later at the user's wish. */
class CameraPermission(private val activity: Activity, saved: Bundle?) {
    /** Whether the user has been asked, in this life of the screen or one before. */
    var asked = saved?.getBoolean(ASKED) ?: false
        private set

    val granted: Boolean
        get() = activity.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED

    /** Asks, but for the second time on not by itself: a refusal would be followed by the next question. */
    fun askOnce() {
        if (!asked) ask()
    }

    /** Asks; where the system no longer does, shows its settings of this app. */
    fun askAgain() {
        if (activity.shouldShowRequestPermissionRationale(Manifest.permission.CAMERA)) return ask()
        val ours = Uri.fromParts("package", activity.packageName, null)
        activity.startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, ours))
    }

    fun save(state: Bundle) = state.putBoolean(ASKED, asked)

    private fun ask() {
        asked = true
        activity.requestPermissions(arrayOf(Manifest.permission.CAMERA), REQUEST)
    }

    companion object {
        /** Of onRequestPermissionsResult. */
        const val REQUEST = 1
        private const val ASKED = "camera permission asked"
    }
}
