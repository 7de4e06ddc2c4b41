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

    /** There is a result, so the model works. Of the source it says nothing: the frame may be from before its trouble. */
    fun settle() {
        if (troubled) clear(Trouble.MODEL)
    }

    private fun change(step: () -> Unit) {
        synchronized(troubles) {
            step()
            troubled = Trouble.MODEL in troubles
        }
        // Read where it is shown: of two changes the later may be posted first.
        activity.runOnUiThread { display(message, synchronized(troubles) { troubles.values.joinToString("\n") }) }
    }

    /** A notice that goes by itself. */
    fun mention(text: CharSequence) = activity.runOnUiThread {
        Toast.makeText(activity.applicationContext, text, Toast.LENGTH_LONG).show()
    }

    /** The line about model and speed. */
    fun status(text: CharSequence) = activity.runOnUiThread { display(status, text) }

    private fun display(view: TextView, text: CharSequence) {
        view.text = text
        view.visibility = if (text.isEmpty()) View.GONE else View.VISIBLE
    }
}
