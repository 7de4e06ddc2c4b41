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

    // A model is mapped into memory straight from the APK, which only works if it is stored as it is.
    androidResources.noCompress += "tflite"
}

dependencies {
    implementation(project(":core"))
    implementation(libs.litert)
    implementation(libs.litert.api) // Named too: without these two, classes were missing on phones (LiteRT 2752, 6972).
    implementation(libs.litert.gpu)
    implementation(libs.litert.gpu.api)
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
