plugins {
    alias(libs.plugins.android.application)
}

android {
    namespace = "org.dfnet.app"
    compileSdk = libs.versions.compileSdk.get().toInt()

    defaultConfig {
        applicationId = "org.dfnet.app"
        minSdk = libs.versions.minSdk.get().toInt()
        targetSdk = libs.versions.targetSdk.get().toInt()
        versionCode = 1
        versionName = "1.0"
    }

    // Both LiteRTs are versions of one module, so an app holds one of them.
    flavorDimensions += "runtime"
    productFlavors {
        create("compiled") { isDefault = true }
        create("interpreter") { applicationIdSuffix = ".interpreter" }
    }

    // A model is mapped into memory straight from the APK, which only works if it is stored as it is.
    androidResources.noCompress += "tflite"
}

dependencies {
    implementation(project(":core"))
    "compiledImplementation"(libs.litert)
    "compiledImplementation"(libs.litert.gpu) // Without it LiteRT 2 refuses every model for the GPU.
    "interpreterImplementation"(libs.interpreter)
    "interpreterImplementation"(libs.interpreter.api) // Named too: without both api, classes were missing (LiteRT 2752, 6972).
    "interpreterImplementation"(libs.interpreter.gpu)
    "interpreterImplementation"(libs.interpreter.gpu.api)
    testImplementation(libs.junit)
    testImplementation(libs.json)
}

val checkModels by tasks.registering {
    description = "Fails where the exported models are missing: an APK without them shows nothing."
    val folder = layout.projectDirectory.dir("src/main/assets/models").asFile
    doLast {
        val names = folder.list().orEmpty()
        val models = names.filter { it.endsWith(".tflite") }
        val complete = models.filter { it.removeSuffix(".tflite") + ".json" in names }
        if (models.isEmpty() || complete.size < models.size) {
            throw GradleException(
                "Expected models, each with its JSON, in $folder: run `make android-models` in " +
                    "the repository's root. Received: ${names.sorted()}.",
            )
        }
    }
}

tasks.configureEach {
    if (name.startsWith("merge") && name.endsWith("Assets")) dependsOn(checkModels)
}
