package android.content;

/** So that the stand-in for LiteRT 2.x compiles without Android. */
public abstract class Context {}
