package dev.keepgate.api.oip.http;

import static dev.keepgate.api.openapi.ApiDocuments.TENSOR;

import dev.keepgate.api.oip.ModelView;
import dev.keepgate.inference.StepNumber;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.ExampleObject;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.media.Schema.AdditionalPropertiesValue;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the OpenAPI document says of the Open Inference Protocol, besides {@link ModelView}. */
final class OipDocs {

  private static final String JSON = "application/json";
  private static final String BINARY = "application/octet-stream";
  private static final String X =
      "{\"name\": \"x\", \"shape\": [2, 1, 6], \"datatype\": \"FP32\","
          + " \"data\": [1,2,3,4,3,2, 3,2,2,2,2,2]}";
  private static final String SEQUENCE =
      "{\"sequence_id\": \"chat-7\", \"sequence_start\": true, \"sequence_step\": 1}";
  private static final String LENGTH =
      "bytes of JSON in front; the tensors whose binary_data_size is given follow it";

  private OipDocs() {}

  @Schema(name = "Error")
  record ErrorSchema(String error) {}

  @Schema(name = "Live")
  record LiveSchema(boolean live) {}

  @Schema(name = "Ready")
  record ReadySchema(boolean ready) {}

  @Schema(name = "ServerMetadata")
  record ServerSchema(String name, String version, List<String> extensions) {}

  @Schema(name = "ModelReady")
  record ModelReadySchema(String name, boolean ready) {}

  @Schema(name = "IndexRequest", additionalProperties = AdditionalPropertiesValue.TRUE)
  record IndexSchema(@Schema(description = "only versions that serve") @Nullable Boolean ready) {}

  @Schema(name = "LoadRequest", additionalProperties = AdditionalPropertiesValue.TRUE)
  record LoadSchema(
      @Schema(description = "none are understood") @Nullable Map<String, Object> parameters) {}

  @Schema(name = "Loaded")
  record LoadedSchema(String name, boolean load) {}

  @Schema(name = "Unloaded")
  record UnloadedSchema(String name, boolean unload) {}

  @Schema(name = "InferRequest", additionalProperties = AdditionalPropertiesValue.FALSE)
  record RequestSchema(
      @Schema(description = "echoed") @Nullable String id,
      @Nullable RequestParametersSchema parameters,
      List<InputSchema> inputs,
      @Schema(description = "the outputs to answer; all where none is named")
          @Nullable List<WantedSchema> outputs) {}

  @Schema(
      name = "RequestParameters",
      description = "Others mean nothing",
      additionalProperties = AdditionalPropertiesValue.TRUE)
  record RequestParametersSchema(
      @Schema(
              types = {"string", "integer"},
              description = "whose state the server keeps; 0 or \"\" for none")
          @Nullable Object sequence_id,
      @Schema(description = "the sequence begins") @Nullable Boolean sequence_start,
      @Schema(description = "the sequence ends") @Nullable Boolean sequence_end,
      @Schema(
              description =
                  "the number that the last step of this request is to have: the same one again is"
                      + " answered as it was, so a retry is harmless",
              minimum = "0",
              maximum = "" + StepNumber.MAX)
          @Nullable Long sequence_step,
      @Schema(description = "microseconds, past which the work is dropped", minimum = "0")
          @Nullable Long timeout,
      @Schema(description = "every step's output, or only the last one's")
          @Nullable Boolean return_sequences,
      @Schema(description = "outputs follow the JSON as bytes, where they do not say otherwise")
          @Nullable Boolean binary_data_output) {}

  @Schema(name = "InferInput", additionalProperties = AdditionalPropertiesValue.FALSE)
  record InputSchema(
      @Schema(description = "x, h0, c0, lengths") String name,
      @ArraySchema(schema = @Schema(type = "integer", format = "int32", minimum = "0"))
          List<Integer> shape,
      @Schema(
              allowableValues = {
                "FP32", "FP64", "FP16", "BF16", "INT64", "INT32", "INT16", "INT8", "UINT64",
                "UINT32", "UINT16", "UINT8"
              })
          String datatype,
      @Nullable InputParametersSchema parameters,
      @Schema(ref = TENSOR, description = "flat or nested; missing where it is binary")
          @Nullable Object data) {}

  @Schema(name = "InputParameters", additionalProperties = AdditionalPropertiesValue.TRUE)
  record InputParametersSchema(
      @Schema(description = "bytes behind the JSON, little-endian, in the order of the inputs")
          @Nullable Long binary_data_size) {}

  @Schema(name = "WantedOutput", additionalProperties = AdditionalPropertiesValue.FALSE)
  record WantedSchema(
      @Schema(description = "output, h, c") String name,
      @Nullable WantedParametersSchema parameters) {}

  @Schema(name = "OutputParameters", additionalProperties = AdditionalPropertiesValue.TRUE)
  record WantedParametersSchema(
      @Schema(description = "its bytes are to follow the JSON") @Nullable Boolean binary_data) {}

  @Schema(name = "InferResponse")
  record AnswerSchema(
      String model_name,
      String model_version,
      @Schema(description = "the request's") @Nullable String id,
      @Schema(description = "only of a sequence") @Nullable SequenceParametersSchema parameters,
      List<OutputSchema> outputs) {}

  @Schema(name = "SequenceParameters")
  record SequenceParametersSchema(String sequence_id, long sequence_step) {}

  @Schema(name = "InferOutput")
  record OutputSchema(
      String name,
      @Schema(allowableValues = "FP32") String datatype,
      List<Integer> shape,
      @Nullable InputParametersSchema parameters,
      @Schema(description = "flat, row-major; missing where it is binary")
          @Nullable List<Float> data) {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "serverLive", summary = "Tell whether the server runs")
  @ApiResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = LiveSchema.class)))
  @interface Live {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "serverReady", summary = "Tell whether the models are loaded")
  @ApiResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = ReadySchema.class)))
  @ApiResponse(
      responseCode = "503",
      description = "Not yet, or no more",
      content = @Content(schema = @Schema(implementation = ReadySchema.class)))
  @interface Ready {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "serverMetadata", summary = "Tell what the server is and can do")
  @ApiResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = ServerSchema.class)))
  @interface Server {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "modelMetadata", summary = "Tell a model's inputs and outputs")
  @ApiResponse(responseCode = "200")
  @Served
  @interface Model {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "modelReady", summary = "Tell whether a model serves")
  @ApiResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = ModelReadySchema.class)))
  @Served
  @interface ModelReady {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "modelConfig", summary = "Tell a model's configuration")
  @ApiResponse(responseCode = "200")
  @Served
  @interface Config {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "repositoryIndex", summary = "List every version of every model")
  @RequestBody(
      content =
          @Content(
              mediaType = JSON,
              schema = @Schema(implementation = IndexSchema.class),
              examples = @ExampleObject(name = "serving", value = "{\"ready\": true}")))
  @ApiResponse(responseCode = "200")
  @interface Index {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(
      operationId = "repositoryLoad",
      summary = "Load what the repository folder has of a model")
  @RequestBody(
      content = @Content(mediaType = JSON, schema = @Schema(implementation = LoadSchema.class)))
  @ApiResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = LoadedSchema.class)))
  @ApiResponse(responseCode = "404", description = "The repository has no such model")
  @ApiResponse(responseCode = "422", description = "A version's file cannot be served")
  @ApiResponse(responseCode = "507", description = "There is no memory left for the model")
  @Served
  @interface Load {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(
      operationId = "repositoryUnload",
      summary = "Take a model from memory; its files stay in the repository")
  @ApiResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = UnloadedSchema.class)))
  @ApiResponse(responseCode = "404", description = "There is no such model")
  @Served
  @interface Unload {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "modelStatistics", summary = "Tell what models have computed")
  @ApiResponse(responseCode = "200")
  @Served
  @interface Statistics {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(
      operationId = "modelInfer",
      summary = "Step a model (a time of 1), or unroll it; from a given state or the server's")
  @Parameter(
      name = OipController.JSON_LENGTH,
      in = ParameterIn.HEADER,
      schema = @Schema(type = "integer", minimum = "0"),
      description = LENGTH)
  @RequestBody(
      required = true,
      content = {
        @Content(
            mediaType = JSON,
            schema = @Schema(implementation = RequestSchema.class),
            examples = {
              @ExampleObject(
                  name = "a step from zero",
                  value =
                      "{\"id\": \"1\", \"inputs\": ["
                          + X
                          + "], \"outputs\": [{\"name\": \"output\"}]}"),
              @ExampleObject(
                  name = "a step of a sequence",
                  value = "{\"parameters\": " + SEQUENCE + ", \"inputs\": [" + X + "]}")
            }),
        @Content(mediaType = BINARY, schema = @Schema(type = "string", format = "binary"))
      })
  @ApiResponse(
      responseCode = "200",
      description = "The outputs",
      headers =
          @Header(
              name = OipController.JSON_LENGTH,
              description = LENGTH,
              schema = @Schema(type = "integer")),
      content = {
        @Content(mediaType = JSON, schema = @Schema(implementation = AnswerSchema.class)),
        @Content(mediaType = BINARY, schema = @Schema(type = "string", format = "binary"))
      })
  @ApiResponse(responseCode = "404", description = "There is no such model, version or sequence")
  @ApiResponse(
      responseCode = "409",
      description = "The step does not follow the sequence's, or the version could not be loaded")
  @ApiResponse(responseCode = "410", description = "The sequence has expired or lost its model")
  @ApiResponse(responseCode = "415", description = "The body is of another content coding")
  @ApiResponse(responseCode = "422", description = "The output is not finite")
  @ApiResponse(
      responseCode = "429",
      description = "As many wait, or as many sequences are open, as may; with Retry-After")
  @ApiResponse(
      responseCode = "499",
      description = "The client has gone, or has ended its side of the connection")
  @ApiResponse(responseCode = "503", description = "The version is loading, or the server leaves")
  @ApiResponse(responseCode = "504", description = "The timeout has passed")
  @interface Infer {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.ANNOTATION_TYPE)
  @ApiResponse(responseCode = "409", description = "The version could not be loaded")
  @ApiResponse(responseCode = "503", description = "The version is loading; with Retry-After")
  @interface Served {}
}
