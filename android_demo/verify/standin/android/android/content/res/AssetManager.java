package android.content.res;

/** So that the stand-in for LiteRT 2.x compiles without Android. */
public final class AssetManager {}
