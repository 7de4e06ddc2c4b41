package org.dfnet.app

import android.app.Activity
import android.view.View
import android.widget.TextView
import android.widget.Toast

/** What is said to the user in words, over the picture. Any thread. */
class Notices(private val activity: Activity) {
    /** What can be in the way of a picture. */
    enum class Trouble { MODEL, SOURCE }

    private val message = activity.view<TextView>(R.id.message)
    private val status = activity.view<TextView>(R.id.status)
    private val troubles = sortedMapOf<Trouble, String>()

    @Volatile private var troubled = false // Asked at every frame.

    /** A message that stays until there is a picture, or [clear]. */
    fun tell(trouble: Trouble, text: String) = change { troubles[trouble] = text }

    fun clear(trouble: Trouble) = change { troubles.remove(trouble) }

    /** There is a picture: whatever was in its way is gone. */
    fun settle() {
        if (troubled) change { troubles.clear() }
    }

    private fun change(step: () -> Unit) {
        val text = synchronized(troubles) {
            step()
            troubled = troubles.isNotEmpty()
            troubles.values.joinToString("\n")
        }
        show(message, text)
    }

    /** A notice that goes by itself. */
    fun mention(text: CharSequence) = activity.runOnUiThread {
        Toast.makeText(activity.applicationContext, text, Toast.LENGTH_LONG).show()
    }

    /** The line about model and speed. */
    fun status(text: CharSequence) = show(status, text)

    private fun show(view: TextView, text: CharSequence) = activity.runOnUiThread {
        view.text = text
        view.visibility = if (text.isEmpty()) View.GONE else View.VISIBLE
    }
}
