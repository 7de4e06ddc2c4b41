package org.dfnet.app

import android.view.View
import android.widget.AdapterView
import android.widget.ArrayAdapter
import android.widget.CompoundButton
import android.widget.SeekBar
import android.widget.Spinner
import org.dfnet.core.Arrangement
import org.dfnet.core.Fit

/**
 * The controls of [Settings].
 *
 * @param panel layout/settings.
 * @param models names to choose from.
 * @param onChange is told each choice of the user, at once.
 */
class SettingsPanel(
    private val panel: View,
    models: List<String>,
    colourMaps: List<String>,
    initial: Settings,
    private val onChange: (Settings) -> Unit,
) {
    /** What the controls show. */
    var settings = initial
        private set

    init {
        choice(R.id.model, models, models.indexOf(initial.model)) { copy(model = models[it]) }
        val threads = SettingsStore.THREAD_CHOICES
        choice(R.id.threads, threads.map { it.toString() }, threads.indexOf(initial.threads)) {
            copy(threads = threads[it])
        }
        choice(R.id.arrangement, texts(R.array.arrangements), initial.arrangement.ordinal) {
            copy(arrangement = Arrangement.values()[it])
        }
        choice(R.id.fit, texts(R.array.fits), initial.fit.ordinal) { copy(fit = Fit.values()[it]) }
        choice(R.id.colour_map, colourMaps, colourMaps.indexOf(initial.colourMap)) {
            copy(colourMap = colourMaps[it])
        }
        switch(R.id.accelerate, initial.accelerate) { copy(accelerate = it) }
        switch(R.id.steady, initial.steady) { copy(steady = it) }
        switch(R.id.automatic_range, initial.automaticRange) { copy(automaticRange = it) }
        slider(R.id.near, initial.near) { copy(near = it) }
        slider(R.id.far, initial.far) { copy(far = it) }
        showRange()
    }

    /** Leaves out what only depth has: range and colours. */
    fun hideDepth() {
        panel.view<View>(R.id.depth_settings).visibility = View.GONE
    }

    private fun change(next: Settings) {
        if (next == settings) return // Views tell their first state, too.
        settings = next
        showRange()
        onChange(next)
    }

    /** The ends of the range are for those who chose not to leave it to the picture. */
    private fun showRange() {
        for (id in intArrayOf(R.id.near, R.id.far)) {
            panel.view<View>(id).isEnabled = !settings.automaticRange
        }
    }

    private fun texts(array: Int) = panel.resources.getStringArray(array).asList()

    private fun choice(id: Int, names: List<String>, chosen: Int, changed: Settings.(Int) -> Settings) {
        val spinner = panel.view<Spinner>(id)
        spinner.isSaveEnabled = false // `settings` says it, from the store; a saved position may be of another list.
        spinner.adapter = ArrayAdapter(panel.context, android.R.layout.simple_spinner_item, names).apply {
            setDropDownViewResource(android.R.layout.simple_spinner_dropdown_item)
        }
        spinner.setSelection(maxOf(0, chosen))
        spinner.onItemSelectedListener = object : AdapterView.OnItemSelectedListener {
            override fun onItemSelected(parent: AdapterView<*>, view: View?, position: Int, row: Long) =
                change(settings.changed(position))

            override fun onNothingSelected(parent: AdapterView<*>) = Unit
        }
    }

    private fun switch(id: Int, on: Boolean, changed: Settings.(Boolean) -> Settings) {
        val button = panel.view<CompoundButton>(id)
        button.isSaveEnabled = false
        button.isChecked = on
        button.setOnCheckedChangeListener { _, now -> change(settings.changed(now)) }
    }

    private fun slider(id: Int, place: Float, changed: Settings.(Float) -> Settings) {
        val bar = panel.view<SeekBar>(id)
        bar.isSaveEnabled = false
        bar.progress = Math.round(place * bar.max)
        bar.setOnSeekBarChangeListener(object : SeekBar.OnSeekBarChangeListener {
            override fun onProgressChanged(bar: SeekBar, progress: Int, byUser: Boolean) {
                if (byUser) change(settings.changed(progress.toFloat() / bar.max))
            }

            override fun onStartTrackingTouch(bar: SeekBar) = Unit

            override fun onStopTrackingTouch(bar: SeekBar) = Unit
        })
    }
}
