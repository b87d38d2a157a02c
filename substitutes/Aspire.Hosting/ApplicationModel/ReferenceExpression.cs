using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A text with holes that are filled when the application runs.</summary>
public class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    /// <summary>The expression without text; it resolves to null.</summary>
    public static readonly ReferenceExpression Empty = new("", [], [], []);

    private readonly string[] _manifestExpressions;
    private readonly string?[] _stringFormats;

    internal ReferenceExpression(string format, IValueProvider[] valueProviders, string[] manifestExpressions, string?[] stringFormats)
    {
        Format = format;
        ValueProviders = valueProviders;
        _manifestExpressions = manifestExpressions;
        _stringFormats = stringFormats;
    }

    private ReferenceExpression(IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
        : this("", [], [], [])
    {
        Condition = condition;
        MatchValue = matchValue;
        WhenTrue = whenTrue;
        WhenFalse = whenFalse;
    }

    /// <summary>The text in the notation of <see cref="string.Format(string, object?[])"/>.</summary>
    public string Format { get; }

    /// <summary>What fills the holes.</summary>
    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    /// <summary>The holes as manifest expressions.</summary>
    public IReadOnlyList<string> ManifestExpressions => _manifestExpressions;

    /// <summary>The formats of the holes; <c>uri</c> or null.</summary>
    public IReadOnlyList<string?> StringFormats => _stringFormats;

    /// <summary>Whether the expression chooses between two others.</summary>
    public bool IsConditional => Condition is not null;

    /// <summary>What a conditional expression asks.</summary>
    public IValueProvider? Condition { get; }

    /// <summary>The answer that chooses <see cref="WhenTrue"/>.</summary>
    public string? MatchValue { get; }

    /// <summary>The expression for a matching condition.</summary>
    public ReferenceExpression? WhenTrue { get; }

    /// <summary>The expression for any other condition.</summary>
    public ReferenceExpression? WhenFalse { get; }

    /// <inheritdoc/>
    public string ValueExpression => IsConditional
        ? $"{{{ConditionalName.Of(this)}.connectionString}}"
        : string.Format(Format, _manifestExpressions);

    IEnumerable<object> IValueWithReferences.References =>
        IsConditional ? [Condition!, WhenTrue!, WhenFalse!] : ValueProviders;

    /// <summary>Makes an expression of an interpolated string.</summary>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.ToExpression();

    /// <summary>Makes an expression that chooses by a value known only later.</summary>
    public static ReferenceExpression CreateConditional(
        IValueProvider condition, string matchValue, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
    {
        ArgumentNullException.ThrowIfNull(condition);
        ArgumentNullException.ThrowIfNull(matchValue);
        ArgumentNullException.ThrowIfNull(whenTrue);
        ArgumentNullException.ThrowIfNull(whenFalse);
        return new ReferenceExpression(condition, matchValue, whenTrue, whenFalse);
    }

    /// <summary>Resolves the text.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(new ValueProviderContext(), cancellationToken);

    /// <summary>Resolves the text as the caller sees it.</summary>
    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        if (IsConditional)
        {
            var answer = await Condition!.GetValueAsync(context, cancellationToken);
            var chosen = string.Equals(answer, MatchValue, StringComparison.OrdinalIgnoreCase) ? WhenTrue! : WhenFalse!;
            return await chosen.GetValueAsync(context, cancellationToken);
        }

        if (Format.Length == 0)
            return null;

        var values = new object?[ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = Formatted(await ValueProviders[i].GetValueAsync(context, cancellationToken), _stringFormats[i]);
        return string.Format(Format, values);
    }

    internal static string? Formatted(string? value, string? format) => format?.ToLowerInvariant() switch
    {
        null or "" => value,
        "uri" => value is null ? null : Uri.EscapeDataString(value),
        _ => throw new FormatException($"The format '{format}' is not supported in a reference expression; use 'uri' or none."),
    };

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler
    {
        private readonly ReferenceExpressionBuilder _builder;

        /// <summary>Called by the compiler.</summary>
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
        {
            _ = literalLength + formattedCount;
            _builder = new ReferenceExpressionBuilder();
        }

        /// <summary>Appends text.</summary>
        public readonly void AppendLiteral(string value) => _builder.AppendLiteral(value);

        /// <summary>Appends text.</summary>
        public readonly void AppendFormatted(string? value) => _builder.AppendFormatted(value);

        /// <summary>Appends text in a format.</summary>
        public readonly void AppendFormatted(string? value, string? format = null) => _builder.AppendFormatted(value, format);

        /// <summary>Appends a hole.</summary>
        public void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider);

        /// <summary>Appends a hole with a format.</summary>
        public void AppendFormatted<T>(T valueProvider, string? format = null)
            where T : IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider, format);

        /// <summary>Appends a hole for a resource.</summary>
        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource);

        /// <summary>Appends a hole for a resource, with a format.</summary>
        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _builder.AppendFormatted(valueProvider.Resource, format);

        /// <summary>Not possible.</summary>
        [Obsolete("A reference expression has no format.", error: true)]
        public void AppendFormatted(ReferenceExpression valueProvider, string format) => _builder.AppendValueProvider(valueProvider, format);

        internal readonly ReferenceExpression ToExpression() => _builder.Build();
    }
}
