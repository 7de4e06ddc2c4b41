// The part of LiteRT's C API (2.3) that depth_picture.cpp calls, for machines without the headers of LiteRT's C++ SDK.
// Source: litert/c/litert_{common,layout,model_types,model,options,compiled_model,tensor_buffer}.h of google-ai-edge/LiteRT.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {
typedef struct LiteRtEnvironmentT* LiteRtEnvironment;
typedef struct LiteRtModelT* LiteRtModel;
typedef struct LiteRtOptionsT* LiteRtOptions;
typedef struct LiteRtCompiledModelT* LiteRtCompiledModel;
typedef struct LiteRtSignatureT* LiteRtSignature;
typedef struct LiteRtTensorT* LiteRtTensor;
typedef struct LiteRtTensorBufferT* LiteRtTensorBuffer;

typedef int LiteRtStatus;  // 0: all is well.
constexpr int kLiteRtHwAcceleratorCpu = 1;
constexpr std::size_t LITERT_HOST_MEMORY_BUFFER_ALIGNMENT = 64;

struct LiteRtLayout {
  unsigned int rank : 7;
  bool has_strides : 1;
  std::int32_t dimensions[8];
  std::uint32_t strides[8];
};

struct LiteRtRankedTensorType {
  int element_type;  // As in the .tflite file: 1 float32, 3 uint8.
  LiteRtLayout layout;
};

LiteRtStatus LiteRtCreateEnvironment(int num_options, const void* options, LiteRtEnvironment*);
LiteRtStatus LiteRtCreateModelFromFile(LiteRtEnvironment, const char* path, LiteRtModel*);
LiteRtStatus LiteRtCreateOptions(LiteRtOptions*);
LiteRtStatus LiteRtSetOptionsHardwareAccelerators(LiteRtOptions, int accelerators);
LiteRtStatus LiteRtCreateCompiledModel(LiteRtEnvironment, LiteRtModel, LiteRtOptions, LiteRtCompiledModel*);
LiteRtStatus LiteRtGetNumModelSignatures(LiteRtModel, std::size_t*);
LiteRtStatus LiteRtGetModelSignature(LiteRtModel, std::size_t index, LiteRtSignature*);
LiteRtStatus LiteRtGetSignatureKey(LiteRtSignature, const char**);
LiteRtStatus LiteRtGetNumSignatureInputs(LiteRtSignature, std::size_t*);
LiteRtStatus LiteRtGetNumSignatureOutputs(LiteRtSignature, std::size_t*);
LiteRtStatus LiteRtGetSignatureInputName(LiteRtSignature, std::size_t index, const char**);
LiteRtStatus LiteRtGetSignatureOutputName(LiteRtSignature, std::size_t index, const char**);
LiteRtStatus LiteRtGetSignatureInputTensorByIndex(LiteRtSignature, std::size_t index, LiteRtTensor*);
LiteRtStatus LiteRtGetSignatureOutputTensorByIndex(LiteRtSignature, std::size_t index, LiteRtTensor*);
LiteRtStatus LiteRtGetRankedTensorType(LiteRtTensor, LiteRtRankedTensorType*);
LiteRtStatus LiteRtCreateTensorBufferFromHostMemory(const LiteRtRankedTensorType*, void* memory, std::size_t bytes,
                                                    void (*deallocator)(void*), LiteRtTensorBuffer*);
LiteRtStatus LiteRtRunCompiledModel(LiteRtCompiledModel, std::size_t signature, std::size_t num_inputs,
                                    LiteRtTensorBuffer* inputs, std::size_t num_outputs, LiteRtTensorBuffer* outputs);
void LiteRtDestroyTensorBuffer(LiteRtTensorBuffer);
void LiteRtDestroyCompiledModel(LiteRtCompiledModel);
void LiteRtDestroyOptions(LiteRtOptions);
void LiteRtDestroyModel(LiteRtModel);
void LiteRtDestroyEnvironment(LiteRtEnvironment);
}
