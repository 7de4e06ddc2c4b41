package org.dfnet.app.model

import org.dfnet.core.FrameNetwork

/** A network on frames that a model computes. */
interface ModelNetwork<out R> : FrameNetwork<PictureFrame, R> {
    val runner: ModelRunner
}
