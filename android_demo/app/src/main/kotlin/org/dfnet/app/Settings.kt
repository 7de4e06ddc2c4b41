package org.dfnet.app

import android.content.SharedPreferences
import org.dfnet.core.Arrangement
import org.dfnet.core.Fit

/** What the user chose. It never changes: a change is another one. */
data class Settings(
    /** By name; none where the app has no model. */
    val model: String,
    val threads: Int,
    /** Asks the phone's other processors before the CPU. */
    val accelerate: Boolean,
    /** Averages depth along the flow, which takes the flow network, too. */
    val steady: Boolean,
    val arrangement: Arrangement,
    val fit: Fit,
    val colourMap: String,
    /** The colours span each picture's own depths; else [near] to [far]. */
    val automaticRange: Boolean,
    /** Ends of the colours, 0 = the nearest that the model can give, 1 = the farthest. */
    val near: Float,
    val far: Float,
) {
    /** Whether these need another network than `other`. */
    fun runsOtherwise(other: Settings) =
        model != other.model || threads != other.threads || accelerate != other.accelerate ||
            steady != other.steady
}

/** Keeps [Settings] from one start of the app to the next, each screen's own. */
class SettingsStore(private val preferences: SharedPreferences, private val accelerateAtFirst: Boolean) {
    /** What was saved; what is missing, or no longer to be had, is replaced by its default: the first of a list. */
    fun load(models: List<String>, colourMaps: List<String>): Settings {
        fun name(key: String, names: List<String>) =
            preferences.getString(key, "").takeIf { it in names } ?: names.firstOrNull().orEmpty()
        return Settings(
            model = name(MODEL, models),
            threads = threads(preferences.getInt(THREADS, THREADS_DEFAULT)),
            accelerate = preferences.getBoolean(ACCELERATE, accelerateAtFirst),
            steady = preferences.getBoolean(STEADY, false),
            arrangement = Arrangement.values().getOrElse(preferences.getInt(ARRANGEMENT, 0)) { Arrangement.BESIDE },
            fit = Fit.values().getOrElse(preferences.getInt(FIT, 0)) { Fit.CROP },
            colourMap = name(COLOUR_MAP, colourMaps),
            automaticRange = preferences.getBoolean(AUTOMATIC, true),
            near = preferences.getFloat(NEAR, 0f).coerceIn(0f, 1f),
            far = preferences.getFloat(FAR, 1f).coerceIn(0f, 1f),
        )
    }

    fun save(settings: Settings) = preferences.edit()
        .putString(MODEL, settings.model)
        .putInt(THREADS, settings.threads)
        .putBoolean(ACCELERATE, settings.accelerate)
        .putBoolean(STEADY, settings.steady)
        .putInt(ARRANGEMENT, settings.arrangement.ordinal)
        .putInt(FIT, settings.fit.ordinal)
        .putString(COLOUR_MAP, settings.colourMap)
        .putBoolean(AUTOMATIC, settings.automaticRange)
        .putFloat(NEAR, settings.near)
        .putFloat(FAR, settings.far)
        .apply()

    private fun threads(saved: Int) = THREAD_CHOICES.last { it == 1 || it <= saved }

    companion object {
        private const val THREADS_DEFAULT = 4 // More rarely help: the large cores of a phone are four or fewer.

        /** Numbers of threads worth a try on this phone. */
        val THREAD_CHOICES: List<Int> = listOf(1, 2, 4, 6, 8)
            .filter { it == 1 || it <= Runtime.getRuntime().availableProcessors() }

        private const val MODEL = "model"
        private const val THREADS = "threads"
        private const val ACCELERATE = "accelerate"
        private const val STEADY = "steady"
        private const val ARRANGEMENT = "arrangement"
        private const val FIT = "fit"
        private const val COLOUR_MAP = "colour_map"
        private const val AUTOMATIC = "automatic_range"
        private const val NEAR = "near"
        private const val FAR = "far"
    }
}
