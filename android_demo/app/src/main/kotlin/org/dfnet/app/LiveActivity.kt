package org.dfnet.app

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.os.Bundle
import android.os.SystemClock
import android.view.View
import android.widget.Button
import android.widget.ToggleButton
import java.util.concurrent.Executors
import org.dfnet.app.Notices.Trouble
import org.dfnet.app.model.ModelException
import org.dfnet.app.model.ModelInfo
import org.dfnet.app.model.ModelNetwork
import org.dfnet.app.model.ModelRunner
import org.dfnet.app.model.PictureFrame
import org.dfnet.app.model.Processor
import org.dfnet.app.model.openOnFirst
import org.dfnet.core.ColourMap
import org.dfnet.core.FrameListener
import org.dfnet.core.FrameLoop
import org.dfnet.core.Pace

/**
 * A screen that shows what a network makes of pictures: what depth and flow have in common.
 *
 * Three threads: the main one; the camera's, which leaves frames in the loop; the loop's, which runs
 * the network and draws. The camera is open and the loop runs while the screen is in front only; the
 * network is there while the screen is seen only.
 */
abstract class LiveActivity<R> : Activity(), FrameListener<R> {
    /** The function of a model that this screen shows. */
    protected abstract val signature: String

    protected lateinit var picture: PictureView
    protected lateinit var panel: SettingsPanel
    protected val packed by lazy { PackedModels(this) }
    private lateinit var freeze: ToggleButton
    private lateinit var notices: Notices
    private lateinit var source: PictureSource
    private lateinit var saver: PictureSaver
    private lateinit var store: SettingsStore
    private lateinit var settings: Settings
    private lateinit var models: Map<String, ModelInfo>
    private val background = Executors.newSingleThreadExecutor()
    private val loop by lazy { FrameLoop<PictureFrame, R>(this) }
    private var statusDue = 0L // Of SystemClock.uptimeMillis; of the loop's thread.

    @Volatile private var computing = "" // What computes, in words.

    /** Opens a network for this screen; on the loop's thread. */
    protected abstract fun network(model: ModelInfo, settings: Settings, processor: Processor): ModelNetwork<R>

    protected abstract val painter: ResultPainter<R>

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        setContentView(R.layout.live)
        picture = view(R.id.picture)
        freeze = view(R.id.freeze)
        notices = Notices(this)
        source = PictureSource(this, loop.frames, notices, background, saved, ::showSource)
        saver = PictureSaver(this, notices, background)
        connectButtons()
        connectSettings()
        Thread(loop, "frames").start()
    }

    private fun connectSettings() {
        val list = Models(assets).with(signature) { file, why ->
            notices.mention(getString(R.string.model_broken, file, why))
        }
        models = list.associateBy { it.name }
        val names = list.map { it.name }
        store = SettingsStore(getSharedPreferences(signature, MODE_PRIVATE), PackedModels.ACCELERATES)
        settings = store.load(names, ColourMap.NAMES)
        panel = SettingsPanel(view(R.id.settings_panel), names, ColourMap.NAMES, settings, ::change)
        source.fit = settings.fit
        painter.redraw(settings, models[settings.model])
    }

    private fun connectButtons() {
        freeze.isSaveEnabled = false // There is no picture to hold on to after the screen was made anew.
        freeze.setOnCheckedChangeListener { _, frozen -> if (frozen) loop.pause() else wake() }
        onClick(R.id.save) { saver.save(picture.copy(), signature) }
        onClick(R.id.pick) { if (source.live) pick() else choose(null) }
        view<ToggleButton>(R.id.settings).setOnCheckedChangeListener { _, open ->
            view<View>(R.id.settings_panel).visibility = if (open) View.VISIBLE else View.GONE
        }
        showSource()
        picture.addOnLayoutChangeListener { _, left, _, right, _, oldLeft, _, oldRight, _ ->
            if (right - left != oldRight - oldLeft) redraw() // The phone was turned.
        }
    }

    protected fun nameOther(name: Int, description: Int) = view<Button>(R.id.other).run {
        setText(name)
        contentDescription = getString(description)
    }

    protected fun onClick(id: Int, action: () -> Unit) = view<View>(id).setOnClickListener { action() }

    override fun onStart() {
        super.onStart()
        use()
    }

    override fun onResume() {
        super.onResume()
        if (!freeze.isChecked) loop.resume()
        source.start()
    }

    override fun onPause() {
        loop.pause() // First: from here on no frame of the camera is in use.
        source.stop()
        super.onPause()
    }

    override fun onStop() {
        loop.release()
        super.onStop()
    }

    override fun onDestroy() {
        loop.stop()
        background.shutdown()
        super.onDestroy()
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        source.save(state)
    }

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        @Suppress("DEPRECATION") // Told by Android 13 and older.
        if (level != TRIM_MEMORY_RUNNING_LOW && level != TRIM_MEMORY_RUNNING_CRITICAL) return
        loop.release() // A network opened anew holds no more than it needs.
        notices.mention(getString(R.string.low_memory))
    }

    private fun wake() {
        loop.resume()
        source.repeat()
    }

    private fun change(settings: Settings) {
        val old = this.settings
        this.settings = settings
        store.save(settings)
        source.fit = settings.fit
        redraw()
        if (settings.runsOtherwise(old)) use()
        if (settings.runsOtherwise(old) || settings.fit != old.fit) source.repeat()
    }

    /** As the settings are now. */
    protected open fun redraw() {
        painter.redraw(settings, models[settings.model])
        showMarks()
    }

    /** The texts in the picture, as they are now. */
    protected fun showMarks() {
        picture.marks = painter.marks()
    }

    private fun use() {
        val model = models[settings.model]
        if (model == null) return notices.tell(Trouble.MODEL, getString(R.string.no_models))
        notices.clear(Trouble.MODEL)
        val chosen = settings
        loop.use { open(model, chosen) }
    }

    /** On the loop's thread. Throws ModelException if the model cannot be used on the CPU, either. */
    private fun open(model: ModelInfo, settings: Settings): ModelNetwork<R> {
        val processors = if (settings.accelerate) packed.processors else listOf(Processor.CPU)
        return openOnFirst(processors, ::tellRefusal) { network(model, settings, it) }
            .also { computing = words(it.runner, settings.threads) }
    }

    private fun tellRefusal(processor: Processor, why: ModelException) =
        notices.mention(getString(R.string.processor_refused, processor.name, why.message))

    private fun words(runner: ModelRunner, threads: Int): String = when {
        runner.processor == Processor.CPU -> resources.getQuantityString(R.plurals.status_threads, threads, threads)
        runner.whole -> getString(R.string.status_whole, runner.processor.name)
        else -> getString(R.string.status_partly, runner.processor.name)
    }

    override fun onResult(result: R, network: String, pace: Pace) {
        painter.draw(result)
        notices.settle()
        val now = SystemClock.uptimeMillis()
        if (now < statusDue) return
        statusDue = now + STATUS_EVERY_MILLIS
        showMarks()
        val speed = getString(R.string.status_speed, pace.latencyMillis, pace.framesPerSecond)
        notices.status(getString(R.string.status, network, computing, speed))
    }

    override fun onProblem(line: String) = notices.tell(Trouble.MODEL, line)

    private fun pick() {
        val pictures = Intent(Intent.ACTION_GET_CONTENT).addCategory(Intent.CATEGORY_OPENABLE).setType("image/*")
        try {
            startActivityForResult(pictures, PICK)
        } catch (_: ActivityNotFoundException) {
            notices.mention(getString(R.string.no_gallery))
        }
    }

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        if (request == PICK && result == RESULT_OK) choose(data)
    }

    /** A picture of the gallery instead of the camera; null: the camera again. */
    private fun choose(data: Intent?) {
        loop.pause() // The camera may close.
        source.choose(data?.data)
        freeze.isChecked = false
        loop.resume()
    }

    private fun showSource() {
        painter.expectStills(!source.live)
        val button = view<Button>(R.id.pick)
        button.setText(if (source.live) R.string.pick else R.string.live)
        button.contentDescription =
            getString(if (source.live) R.string.pick_description else R.string.live_description)
    }

    override fun onRequestPermissionsResult(request: Int, names: Array<out String>, grants: IntArray) {
        // The camera's answer needs none here: the question was in front of the screen, which now resumes.
        if (request == PictureSaver.REQUEST) saver.answer(grants)
    }

    private companion object {
        const val PICK = 3 // Besides the requests of CameraPermission and PictureSaver.
        const val STATUS_EVERY_MILLIS = 500L // Text that can be read, and seldom made.
    }
}
