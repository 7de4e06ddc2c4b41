package org.dfnet.app

import android.content.ContentResolver
import android.content.ContentValues
import android.graphics.Bitmap
import android.net.Uri
import android.os.Build
import android.os.Environment
import android.provider.MediaStore
import java.io.File
import java.io.IOException

/** The phone's own collection of pictures. */
class PictureStore(private val resolver: ContentResolver) {
    /**
     * Saves `picture` as `name`.png; all of it or nothing. Not on the main thread.
     *
     * Throws IOException, or before Android 10 SecurityException if storage is not allowed.
     */
    fun save(picture: Bitmap, name: String) {
        val place = resolver.insert(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, description(name))
            ?: throw IOException("the collection of pictures takes none")
        try {
            write(picture, place)
        } catch (e: IOException) {
            resolver.delete(place, null, null)
            throw e
        }
    }

    private fun description(name: String) = ContentValues().apply {
        put(MediaStore.Images.Media.DISPLAY_NAME, "$name.png")
        put(MediaStore.Images.Media.MIME_TYPE, "image/png")
        if (CAN_BE_PENDING) {
            put(RELATIVE_PATH, "${Environment.DIRECTORY_PICTURES}/dfnet")
            put(IS_PENDING, 1) // Nobody sees it until it is whole.
        } else {
            @Suppress("DEPRECATION") // Older collections name a file without this after the time, and .jpg.
            val pictures = Environment.getExternalStoragePublicDirectory(Environment.DIRECTORY_PICTURES)
            val folder = File(pictures, "dfnet").apply { mkdirs() }
            put(MediaStore.MediaColumns.DATA, File(folder, "$name.png").path)
        }
    }

    private fun write(picture: Bitmap, place: Uri) {
        val stream = resolver.openOutputStream(place) ?: throw IOException("the place of the picture is gone")
        stream.use {
            if (!picture.compress(Bitmap.CompressFormat.PNG, 100, it)) throw IOException("no room")
        }
        if (CAN_BE_PENDING) resolver.update(place, ContentValues().apply { put(IS_PENDING, 0) }, null, null)
    }

    companion object {
        // MediaStore's columns of API 29, by value: so this compiles against older ones, too.
        private const val RELATIVE_PATH = "relative_path"
        private const val IS_PENDING = "is_pending"
        private val CAN_BE_PENDING = Build.VERSION.SDK_INT >= 29

        /** Before Android 10 saving needs WRITE_EXTERNAL_STORAGE. */
        val NEEDS_PERMISSION = !CAN_BE_PENDING
    }
}
