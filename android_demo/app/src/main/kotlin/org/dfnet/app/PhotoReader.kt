package org.dfnet.app

import android.content.ContentResolver
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.media.ExifInterface
import android.net.Uri
import java.io.File
import java.io.IOException
import org.dfnet.core.RgbImage
import org.dfnet.core.rotate

/** Reads pictures of the gallery, by way of a copy in the folder `scratch`. */
class PhotoReader(private val resolver: ContentResolver, private val scratch: File) {
    /**
     * The picture, upright, its longer side less than twice [LONG_SIDE].
     *
     * Not on the main thread. Throws IOException if it is gone, or no picture.
     */
    fun read(place: Uri): RgbImage {
        // A file, which every ExifInterface reads; that of API 23, against which verify/ compiles, reads nothing else.
        val copy = File.createTempFile("photo", null, scratch)
        try {
            val stream = resolver.openInputStream(place) ?: throw IOException("no such picture: $place")
            stream.use { from -> copy.outputStream().use { from.copyTo(it) } }
            val picture = decoded(copy) ?: throw IOException("not a picture: $place")
            return upright(rgb(picture), clockwise(copy))
        } finally {
            copy.delete()
        }
    }

    private fun decoded(file: File): Bitmap? {
        val options = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        BitmapFactory.decodeFile(file.path, options)
        options.inSampleSize = maxOf(options.outWidth, options.outHeight) / LONG_SIDE // It takes the power of 2 below.
        options.inJustDecodeBounds = false
        return BitmapFactory.decodeFile(file.path, options)
    }

    private fun rgb(picture: Bitmap): RgbImage {
        val pixels = IntArray(picture.width * picture.height)
        picture.getPixels(pixels, 0, picture.width, 0, 0, picture.width, picture.height)
        return RgbImage(picture.width, picture.height).also { it.setArgb(pixels) }
    }

    private fun upright(image: RgbImage, degrees: Int): RgbImage {
        if (degrees == 0) return image
        val onSide = degrees % 180 != 0
        return RgbImage(if (onSide) image.height else image.width, if (onSide) image.width else image.height)
            .also { image.rotate(degrees, it) }
    }

    /** How the camera was held. Mirrored pictures, which no camera makes, stay so. */
    private fun clockwise(file: File): Int {
        val exif = ExifInterface(file.path)
        return when (exif.getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)) {
            ExifInterface.ORIENTATION_ROTATE_90 -> 90
            ExifInterface.ORIENTATION_ROTATE_180 -> 180
            ExifInterface.ORIENTATION_ROTATE_270 -> 270
            else -> 0
        }
    }

    private companion object {
        const val LONG_SIDE = 1024 // Pixels: more than any of the networks looks at.
    }
}
