package dev.keepgate.api.rest;

import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

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
          schema = @Schema(implementation = UploadReader.Form.class))
    })
@ApiResponse(
    responseCode = "413",
    description = "The upload, or what it would be unpacked to, is too large")
@ApiResponse(responseCode = "422", description = "The file is no model that can be served")
@ApiResponse(responseCode = "507", description = "No memory is left for it, or no version")
@interface ModelFile {}
