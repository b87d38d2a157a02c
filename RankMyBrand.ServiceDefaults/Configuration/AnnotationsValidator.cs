using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace RankMyBrand.ServiceDefaults.Configuration;

/// <summary>Checks data annotations and reports them by configuration key.</summary>
internal sealed class AnnotationsValidator<TOptions>(string section) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var results = new List<ValidationResult>();
        if (Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true))
        {
            return ValidateOptionsResult.Success;
        }

        return ValidateOptionsResult.Fail(results.ConvertAll(result => Describe(options, result)));
    }

    private string Describe(TOptions options, ValidationResult result)
    {
        if (result.MemberNames.FirstOrDefault() is not { } member)
        {
            return $"Configuration '{section}' is not valid: {result.ErrorMessage}";
        }

        // Text may be a secret; numbers and durations are not.
        var value = typeof(TOptions).GetProperty(member)?.GetValue(options);
        var shown = value is null or string ? "" : $" (now '{value}')";
        return $"Configuration '{section}:{member}' is not valid{shown}: {result.ErrorMessage}";
    }
}
