package dev.keepgate.api.rest;

import static dev.keepgate.api.openapi.ApiDocuments.TENSOR;

import dev.keepgate.inference.StepNumber;
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

/** What the OpenAPI document says of sequences. */
final class SequenceDocs {

  private static final String JSON = "application/json";
  private static final String STEP_DOC =
      "the number that the last of these steps is to have. One more than the last is applied; the"
          + " last one again is answered as it was, so a retry is harmless; any other is a 409 that"
          + " names the current step. Without it the step is applied, whichever it is";
  private static final String MAX_STEP = "" + StepNumber.MAX;
  private static final String MAX_BEHIND = "" + StepNumber.MAX_BEHIND;
  private static final String INFO =
      "{\"id\": \"chat-7\", \"model\": \"notebook-cell\", \"version\": \"1\", \"step\": 0,"
          + " \"batch\": 2, \"ttl\": \"900s\", \"expires_at\": \"2026-01-01T00:15:00Z\"}";
  private static final String GONE =
      "It has expired, made room for others, its model's version was taken away and has drained, or"
          + " this server has other files under its model's name and number";

  private SequenceDocs() {}

  @Schema(
      name = "OpenSequence",
      description = "All of it may be left out; what an export says is taken as well",
      additionalProperties = AdditionalPropertiesValue.FALSE)
  record OpenSchema(
      @Schema(description = "1 to 128 letters, digits, '.', '_', ':', '-'; minted where missing")
          @Nullable String id,
      InferenceDocs.@Nullable StateSchema state,
      @Schema(defaultValue = "1", description = "rows that step together") @Nullable Integer batch,
      @Schema(description = "how long it outlives its last step, such as 15m") @Nullable String ttl,
      @Schema(
              defaultValue = "0",
              description = "steps behind it, for an import",
              minimum = "0",
              maximum = MAX_BEHIND)
          @Nullable Long step,
      @Schema(description = "where given, the model that it must be") @Nullable String model,
      @Schema(description = "where given, the version that it must be") @Nullable String version,
      @Schema(description = "means nothing") @Nullable String expires_at) {}

  @Schema(name = "ForkSequence", additionalProperties = AdditionalPropertiesValue.FALSE)
  record ForkSchema(@Nullable String id, @Nullable String ttl) {}

  @Schema(name = "Sequence")
  record SequenceSchema(
      String id,
      String model,
      String version,
      long step,
      int batch,
      String ttl,
      String expires_at,
      @Schema(description = "only of GET") InferenceDocs.@Nullable StateSchema state) {}

  @Schema(name = "SequenceStep", additionalProperties = AdditionalPropertiesValue.FALSE)
  record StepSchema(
      @Schema(ref = TENSOR, description = "[batch, input] or, of one row, [input]") Object x,
      @Schema(description = STEP_DOC, minimum = "0", maximum = MAX_STEP) @Nullable Long step,
      @Schema(description = "means nothing to a step") @Nullable Boolean return_sequences,
      @Schema(defaultValue = "false") @Nullable Boolean return_state) {}

  @Schema(name = "SequenceUnroll", additionalProperties = AdditionalPropertiesValue.FALSE)
  record UnrollSchema(
      @Schema(ref = TENSOR, description = "[batch, time, input] or, of one row, [time, input]")
          Object x,
      @Schema(description = STEP_DOC, minimum = "0", maximum = MAX_STEP) @Nullable Long step,
      @Schema(
              description =
                  "[batch]: steps of each row that are not padding; the sequence's number"
                      + " of steps grows by time all the same")
          @Nullable List<Integer> lengths,
      @Nullable Boolean return_sequences,
      @Schema(defaultValue = "false") @Nullable Boolean return_state) {}

  @Schema(name = "SequenceAnswer")
  record AnswerSchema(
      @Schema(ref = TENSOR, description = "[batch, out], or [batch, time, out]") Object output,
      long step,
      @Schema(description = "only where it was asked for")
          InferenceDocs.@Nullable StateSchema state) {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(
      operationId = "openSequence",
      summary = "Open a sequence, whose version stays; with state and step, import one")
  @Parameter(
      name = "id",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "string"),
      description = "as in the body; for binary bodies, as all of these")
  @Parameter(
      name = "batch",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "integer", format = "int32", minimum = "1"))
  @Parameter(
      name = "step",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "integer", format = "int64", minimum = "0", maximum = MAX_BEHIND))
  @Parameter(name = "ttl", in = ParameterIn.QUERY, schema = @Schema(type = "string"))
  @RequestBody(
      content = {
        @Content(
            mediaType = JSON,
            schema = @Schema(implementation = OpenSchema.class),
            examples = @ExampleObject(value = "{\"id\": \"chat-7\", \"batch\": 2}")),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @ApiResponse(
      responseCode = "201",
      content =
          @Content(
              mediaType = JSON,
              schema = @Schema(implementation = SequenceSchema.class),
              examples = @ExampleObject(value = INFO)))
  @ApiResponse(
      responseCode = "409",
      description = "The id is in use, or the version could not be loaded")
  @ApiResponse(responseCode = "422", description = "The model cannot step")
  @ApiResponse(responseCode = "429", description = "As many are open as may be; with Retry-After")
  @ApiResponse(
      responseCode = "503",
      description = "The version is loading, the server is shutting down, or the store away")
  @interface Open {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "stepSequence", summary = "Take a sequence one step on")
  @Options
  @RequestBody(
      required = true,
      content = {
        @Content(
            mediaType = JSON,
            schema = @Schema(implementation = StepSchema.class),
            examples =
                @ExampleObject(value = "{\"x\": [[1,2,3,4,3,2],[3,2,2,2,2,2]], \"step\": 1}")),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @Advanced
  @interface Step {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(operationId = "unrollSequence", summary = "Take a sequence on by a chunk of steps")
  @Options
  @RequestBody(
      required = true,
      content = {
        @Content(
            mediaType = JSON,
            schema = @Schema(implementation = UnrollSchema.class),
            examples =
                @ExampleObject(value = "{\"x\": [[[1,2,3,4,3,2],[1,2,1,1,1,2]]], \"step\": 2}")),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @Advanced
  @interface Unroll {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.ANNOTATION_TYPE)
  @ApiResponse(
      responseCode = "200",
      description = "The output, and the number of the last step that was taken",
      content = {
        @Content(mediaType = JSON, schema = @Schema(implementation = AnswerSchema.class)),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @ApiResponse(responseCode = "404", description = "There is no such sequence")
  @ApiResponse(
      responseCode = "409",
      description =
          "The step does not follow the current one, or the numbers of steps end before it")
  @ApiResponse(responseCode = "410", description = GONE)
  @ApiResponse(
      responseCode = "422",
      description = "The model cannot step, or the output is not finite")
  @ApiResponse(
      responseCode = "429",
      description = "As many wait for the sequence or its model as may; with Retry-After")
  @ApiResponse(
      responseCode = "499",
      description = "The client has gone, or has ended its side; nothing was applied")
  @ApiResponse(responseCode = "503", description = "The store is away; nothing was half applied")
  @ApiResponse(responseCode = "504", description = "The deadline has passed; nothing was applied")
  @interface Advanced {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.ANNOTATION_TYPE)
  @Parameter(
      name = "step",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "integer", format = "int64", minimum = "0", maximum = MAX_STEP),
      description = "as in the body")
  @Parameter(
      name = "return_state",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "boolean"),
      description = "as in the body")
  @Parameter(
      name = "return_sequences",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "boolean"),
      description = "as in the body; for binary bodies")
  @Parameter(
      name = "deadline",
      in = ParameterIn.QUERY,
      schema = @Schema(type = "string"),
      description =
          "a duration such as 50ms, past which the step is dropped, also while it waits for the"
              + " sequence's step before; also a header")
  @interface Options {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(
      operationId = "getSequence",
      summary = "Export a sequence with its state; what opens, opens it elsewhere")
  @ApiResponse(
      responseCode = "200",
      content = {
        @Content(mediaType = JSON, schema = @Schema(implementation = SequenceSchema.class)),
        @Content(
            mediaType = Safetensors.MEDIA_TYPE,
            schema = @Schema(type = "string", format = "binary"))
      })
  @ApiResponse(responseCode = "404", description = "There is no such sequence")
  @ApiResponse(responseCode = "410", description = GONE)
  @ApiResponse(responseCode = "503", description = "The store is away")
  @interface Export {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(
      operationId = "forkSequence",
      summary = "Open a second sequence that goes on from where a first one is")
  @RequestBody(
      content =
          @Content(
              mediaType = JSON,
              schema = @Schema(implementation = ForkSchema.class),
              examples = @ExampleObject(value = "{\"id\": \"chat-7b\"}")))
  @ApiResponse(
      responseCode = "201",
      content = @Content(mediaType = JSON, schema = @Schema(implementation = SequenceSchema.class)))
  @ApiResponse(responseCode = "404", description = "There is no such sequence")
  @ApiResponse(responseCode = "409", description = "The id is in use")
  @ApiResponse(responseCode = "410", description = GONE)
  @ApiResponse(responseCode = "429", description = "As many are open as may be; with Retry-After")
  @ApiResponse(responseCode = "503", description = "The server is shutting down, or the store away")
  @interface Fork {}

  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @Operation(
      operationId = "deleteSequence",
      summary = "End a sequence; a step that is under way is not applied")
  @ApiResponse(responseCode = "204", description = "It has ended")
  @ApiResponse(responseCode = "404", description = "There is no such sequence")
  @ApiResponse(responseCode = "410", description = GONE)
  @ApiResponse(responseCode = "503", description = "The store is away")
  @interface Delete {}
}
