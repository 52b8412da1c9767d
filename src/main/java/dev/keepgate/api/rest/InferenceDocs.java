package dev.keepgate.api.rest;

import static dev.keepgate.api.openapi.ApiDocuments.TENSOR;

import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.tensor.Safetensors;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
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
import org.jspecify.annotations.Nullable;

/** What the OpenAPI document says of steps and unrolls. */
final class InferenceDocs {

  private static final String CELL_X = "[[1,2,3,4,3,2],[3,2,2,2,2,2]]";
  private static final String SEQUENCE_X =
      "[[[1,2,3,4,3,2],[1,2,1,1,1,2],[1,2,2,2,2,2]],[[1,2,3,4,3,2],[3,2,2,1,1,2],[0,0,0,0,3,2]]]";
  private static final String ANSWER =
      "The outputs and the state after the last step; not finite numbers are an error.";

  private static final String STREAM =
      "A line a time step, as it is computed: {\"step\": 0, \"output\": [batch, out]}; at the end"
          + " {\"model\", \"version\", \"steps\", \"state\"}, or {\"error\": problem}";

  private InferenceDocs() {}

  /** Nested arrays of numbers; h and c of a model of several cells are stacked in front. */
  @Schema(
      name = "State",
      description = "h and c; zero where they are missing",
      additionalProperties = AdditionalPropertiesValue.FALSE)
  record StateSchema(
      @Schema(ref = TENSOR, description = "[batch, size] or [cells, batch, size]")
          @Nullable Object h,
      @Schema(ref = TENSOR, description = "[batch, hidden] or [cells, batch, hidden]")
          @Nullable Object c) {}

  @Schema(name = "StepRequest", additionalProperties = AdditionalPropertiesValue.FALSE)
  record StepSchema(
      @Schema(ref = TENSOR, description = "[batch, input] or [input]; integers for embeddings")
          Object x,
      @Nullable StateSchema state,
      @Schema(description = "means nothing to a step") @Nullable Boolean return_sequences,
      @Schema(defaultValue = "false", description = "answer the gates as well")
          @Nullable Boolean trace) {}

  @Schema(name = "UnrollRequest", additionalProperties = AdditionalPropertiesValue.FALSE)
  record UnrollSchema(
      @Schema(ref = TENSOR, description = "[batch, time, input] or [time, input]") Object x,
      @Schema(description = "[batch]: steps of each row that are not padding")
          @Nullable List<Integer> lengths,
      @Nullable StateSchema state,
      @Schema(description = "every step, or only the last; by default what the model says")
          @Nullable Boolean return_sequences,
      @Schema(defaultValue = "false") @Nullable Boolean trace) {}

  @Schema(name = "InferenceAnswer")
  record AnswerSchema(
      String model,
      String version,
      @Schema(ref = TENSOR, description = "[batch, out], or [batch, time, out]") Object output,
      StateSchema state,
      @Schema(description = "a cell each; only where it was asked for")
          @Nullable List<TraceSchema> trace) {}

  @Schema(name = "Trace", description = "each [batch, time, hidden]; a step's [batch, hidden]")
  record TraceSchema(
      @Schema(ref = TENSOR) Object input,
      @Schema(ref = TENSOR) Object forget,
      @Schema(ref = TENSOR) Object output,
      @Schema(ref = TENSOR) Object candidate,
      @Schema(ref = TENSOR) Object cell,
      @Schema(ref = TENSOR) Object hidden) {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(summary = "Take a batch of cells one step on from a given state")
  @Options
  @RequestBody(
      required = true,
      content = {
        @Content(
            mediaType = "application/json",
            schema = @Schema(implementation = StepSchema.class),
            examples =
                @ExampleObject(
                    name = "the notebook's cell, from zero",
                    value = "{\"x\": " + CELL_X + "}")),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @ApiResponse(
      responseCode = "200",
      description = ANSWER,
      content = {
        @Content(
            mediaType = "application/json",
            schema = @Schema(implementation = AnswerSchema.class)),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @interface Step {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(summary = "Take a batch of sequences through all their steps")
  @Options
  @RequestBody(
      required = true,
      content = {
        @Content(
            mediaType = "application/json",
            schema = @Schema(implementation = UnrollSchema.class),
            examples =
                @ExampleObject(
                    name = "two sequences of three steps, the second one shorter",
                    value = "{\"x\": " + SEQUENCE_X + ", \"lengths\": [3, 2]}")),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @ApiResponse(
      responseCode = "200",
      description = ANSWER,
      content = {
        @Content(
            mediaType = "application/json",
            schema = @Schema(implementation = AnswerSchema.class)),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary")),
        @Content(
            mediaType = StreamFormat.NDJSON_TYPE,
            schema = @Schema(type = "string", description = STREAM)),
        @Content(
            mediaType = StreamFormat.EVENTS_TYPE,
            schema =
                @Schema(
                    type = "string",
                    description = STREAM + "; the events are step, end and error"))
      })
  @interface Unroll {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.ANNOTATION_TYPE)
  @Parameter(
      name = "return_sequences",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "boolean"),
      description = "as in the body; for binary bodies")
  @Parameter(
      name = "trace",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "boolean"),
      description = "as in the body; for binary bodies")
  @Parameter(
      name = "deadline",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "string"),
      description = "a duration such as 50ms, past which the work is dropped; also a header")
  @ApiResponse(responseCode = "409", description = "The version could not be loaded")
  @ApiResponse(
      responseCode = "422",
      description = "The model cannot step, or the output is not finite")
  @ApiResponse(
      responseCode = "429",
      description = "As many wait for the model as may; with Retry-After")
  @ApiResponse(
      responseCode = "499",
      description = "The client has gone, or has ended its side of the connection")
  @ApiResponse(responseCode = "503", description = "The version is loading, or the server leaves")
  @ApiResponse(responseCode = "504", description = "The deadline has passed")
  @interface Options {}
}
