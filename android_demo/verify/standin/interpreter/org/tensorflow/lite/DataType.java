package org.tensorflow.lite;

/** The number types that this project's models take and give; a part of the real enum. */
public enum DataType {
  FLOAT32(1),
  UINT8(3),
  INT8(9);

  private final int code; // As in the .tflite file.

  DataType(int code) {
    this.code = code;
  }

  static DataType of(int code) {
    for (DataType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IllegalArgumentException("Cannot convert type " + code + " of the model.");
  }
}
