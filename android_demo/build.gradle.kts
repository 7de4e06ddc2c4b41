// Puts both plugins on one class path: the Android plugin compiles Kotlin by itself, with the
// version that is named here.
plugins {
    alias(libs.plugins.android.application) apply false
    alias(libs.plugins.kotlin.jvm) apply false
}
