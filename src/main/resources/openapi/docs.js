SwaggerUIBundle({
  dom_id: "#documents",
  urls: [
    { name: "/v1", url: "v1/openapi" },
    { name: "/v2, Open Inference Protocol", url: "v2/openapi" },
  ],
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
});
