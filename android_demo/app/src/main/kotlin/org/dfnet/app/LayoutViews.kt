package org.dfnet.app

import android.app.Activity
import android.view.View

// A cast, because findViewById of Android's older classes gives a mere View.

/** The view of this id in the activity's layout. */
inline fun <reified V : View> Activity.view(id: Int): V = findViewById(id) as V

/** The view of this id within this one. */
inline fun <reified V : View> View.view(id: Int): V = findViewById(id) as V
