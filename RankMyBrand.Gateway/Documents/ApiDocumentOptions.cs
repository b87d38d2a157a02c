using System.ComponentModel.DataAnnotations;

namespace RankMyBrand.Gateway.Documents;

/// <summary>Settings of the API document; section <c>ApiDocument</c>.</summary>
internal sealed class ApiDocumentOptions : IValidatableObject
{
    public const string Section = "ApiDocument";

    /// <summary>Where each service's own OpenAPI document is, by the service's name.</summary>
    public Dictionary<string, Uri> Sources { get; } = new(StringComparer.Ordinal);

    /// <summary>How old a service's document may be before it is read again; 10 s. At zero, whenever somebody asks.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00", ErrorMessage = "it must be from 00:00:00 to 1.00:00:00.")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a service may take to give its document, retries included; 3 s. After that its last one stays.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = "it must be from 00:00:00.1 to 00:01:00.")]
    public TimeSpan SourceTimeout { get; set; } = TimeSpan.FromSeconds(3);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Sources
        .Where(static source => !source.Value.IsAbsoluteUri || !source.Value.Scheme.StartsWith(Uri.UriSchemeHttp, StringComparison.Ordinal))
        .Select(static source => new ValidationResult(
            $"the source '{source.Key}' is '{source.Value}'; "
            + $"it must be an absolute address, such as http://{source.Key}/openapi/v1.json."));
}
