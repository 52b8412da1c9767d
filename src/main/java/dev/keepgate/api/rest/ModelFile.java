package dev.keepgate.api.rest;

import dev.keepgate.model.GateOrder;
import dev.keepgate.model.Merge;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Content;
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

/** What the OpenAPI document says of the bodies that bring a model. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@RequestBody(
    required = true,
    content = {
      @Content(
          mediaType = "application/octet-stream",
          schema = @Schema(type = "string", format = "binary")),
      @Content(
          mediaType = "multipart/form-data",
          schema = @Schema(implementation = ModelFile.Form.class))
    })
@ApiResponse(
    responseCode = "413",
    description = "The upload, or what it would be unpacked to, is too large")
@ApiResponse(responseCode = "422", description = "The file is no model that can be served")
@ApiResponse(
    responseCode = "408",
    description = "The upload came too slowly (keepgate.uploads.stall-timeout)")
@ApiResponse(
    responseCode = "429",
    description = "Too many uploads are under way (keepgate.uploads.max-concurrent); Retry-After")
@ApiResponse(responseCode = "503", description = "The repository cannot be written")
@ApiResponse(
    responseCode = "507",
    description = "No memory, no space on the disk or no version is left for it")
@interface ModelFile {

  /** The fields of a form that uploads a model. */
  @Schema(name = "ModelForm", additionalProperties = AdditionalPropertiesValue.FALSE)
  record Form(
      @ArraySchema(
              arraySchema = @Schema(description = "the model's file or files"),
              schema = @Schema(type = "string", format = "binary"))
          List<byte[]> file,
      @Nullable Config config) {}

  /** The fields that the importers understand; sizes and the like are held against the file. */
  @Schema(
      name = "ModelFileConfig",
      description = "What the file cannot say, and what it is expected to say",
      additionalProperties = AdditionalPropertiesValue.FALSE)
  record Config(
      @Schema(description = "added to the forget gate at run time") @Nullable Float forget_bias,
      @Schema(description = "bound of the cell; positive") @Nullable Float cell_clip,
      @Schema(description = "bound of the projected h; positive") @Nullable Float proj_clip,
      @Schema(description = "of the candidate and of the cell, as Keras names it")
          @Nullable String activation,
      @Schema(description = "of the gates, as Keras names it")
          @Nullable String recurrent_activation,
      @Schema(description = "of the stored kernels; i, f, o are gates, g is the candidate")
          @Nullable GateOrder gate_order,
      @Schema(description = "before the names of the LSTM's tensors") @Nullable String prefix,
      @Schema(description = "of two directions") @Nullable Merge bidirectional_merge,
      @Schema(description = "whether an unroll answers every step by default")
          @Nullable Boolean return_sequences,
      @Schema(description = "after the last dense layer, as Keras names it")
          @Nullable String head_activation,
      @Schema(
              types = {"string", "integer"},
              description = "name of the embedding's tensor, or the expected size of its vectors")
          @Nullable Object embedding,
      @Schema(description = "name of the dense head's kernel") @Nullable String head,
      @Schema(minimum = "1") @Nullable Integer input_size,
      @Schema(minimum = "1") @Nullable Integer hidden_size,
      @Schema(minimum = "1") @Nullable Integer num_layers,
      @Nullable Boolean bidirectional,
      @Schema(minimum = "0", description = "0 where any will do") @Nullable Integer proj_size,
      @Schema(description = "means nothing") @Nullable Boolean bias,
      @Nullable Boolean use_peepholes,
      @Schema(minimum = "1", description = "rows of the embedding") @Nullable Integer vocab,
      @Schema(minimum = "1", description = "width of the output") @Nullable Integer out) {}
}
