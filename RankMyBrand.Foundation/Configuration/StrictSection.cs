using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace RankMyBrand.Foundation.Configuration;

/// <summary>
/// Compares a section of the configuration with the type that it is bound to. The binder by itself drops an item of a list or dictionary
/// that it cannot read, overlooks a misspelt setting, and takes a text for an empty list. Each would leave a limit, a condition of a
/// route or a stream out without a word. So would a variable of the environment that is not set, where it stands for an optional value
/// or a list of them: what is there must say something.
/// </summary>
internal static class StrictSection
{
    /// <summary>Makes an object of a section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="faults">Gets what is wrong, one sentence each.</param>
    /// <param name="otherSections">Sections within it that are somebody else's, by their whole names.</param>
    /// <returns>Null when something is wrong.</returns>
    public static T? Bind<T>(IConfigurationSection section, List<string> faults, params string[] otherSections)
        where T : class, new()
    {
        var before = faults.Count;
        faults.AddRange(FaultsOf(section, typeof(T), otherSections));
        return faults.Count > before ? null : section.Get<T>() ?? new T();
    }

    /// <summary>What of a section does not exist in a type, or cannot be read, one sentence each.</summary>
    public static IEnumerable<string> FaultsOf(IConfigurationSection section, Type type, string[] otherSections)
    {
        var settings = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsSetting).ToArray();
        var others = otherSections.Select(other => other[(other.LastIndexOf(':') + 1)..]);
        string[] names = [.. settings.Select(setting => setting.Name), .. others];
        foreach (var child in section.GetChildren().Where(child => !otherSections.Contains(child.Path, StringComparer.OrdinalIgnoreCase)))
        {
            var setting = Array.Find(settings, setting => string.Equals(setting.Name, child.Key, StringComparison.OrdinalIgnoreCase));
            var faults = setting is null
                ? [$"{child.Path} is not a setting; those are {string.Join(", ", names)}."]
                : child.Value is "" && HasDefault(type, setting) ? [] : FaultsOf(child, setting.PropertyType);
            foreach (var fault in faults)
                yield return fault;
        }
    }

    // Then an empty text is how a variable of the environment takes it away.
    private static bool HasDefault(Type type, PropertyInfo optional) =>
        Nullable.GetUnderlyingType(optional.PropertyType) is not null
        && type.GetConstructor(Type.EmptyTypes) is not null
        && optional.GetValue(Activator.CreateInstance(type)) is not null;

    private static bool IsSetting(PropertyInfo property) =>
        property.GetIndexParameters().Length == 0
        && (property.SetMethod is { IsPublic: true } || IsCollection(property.PropertyType) || IsHeld(property));

    // An object with settings of its own, which the binder fills where it is. A computed property has no field, and would keep nothing.
    private static bool IsHeld(PropertyInfo property) =>
        !IsText(property.PropertyType)
        && property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance) != null;

    private static bool IsCollection(Type type) => type != typeof(string) && type.IsAssignableTo(typeof(IEnumerable));

    private static IEnumerable<string> FaultsOf(IConfigurationSection section, Type type)
    {
        var scalar = Nullable.GetUnderlyingType(type) ?? type;
        if (IsText(scalar))
            return FaultsOfValue(section, scalar, isOptional: scalar != type);
        // An empty text is an empty list, or a section of which nothing is set.
        if (!string.IsNullOrEmpty(section.Value))
        {
            var expected = IsList(type) ? $"a list, as in {section.Path}:0" : "a section";
            // Not what it says: a key that somebody wrote one level too high would end in the log.
            return [$"'{section.Path}' is a text; it must be {expected}."];
        }

        if (!IsCollection(type))
            return FaultsOf(section, type, []);
        var element = type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[^1];
        // To who reads it nobody is named; to options whose list limits something, everybody is.
        if (section.Value is "" && IsList(type) && IsText(element))
            return [$"'{section.Path}' is empty; it must have at least one item, or be left out."];
        return section.GetChildren().SelectMany(child => FaultsOfItem(child, element));
    }

    // The binder makes an object of a section without settings, but of a value that is not there a null.
    private static IEnumerable<string> FaultsOfItem(IConfigurationSection section, Type type) =>
        section.Value is null && IsText(type) && !section.GetChildren().Any()
            ? [$"'{section.Path}' is null; it must be {Expected(type)}, or be left out."]
            : FaultsOf(section, type);

    private static bool IsList(Type type) => IsCollection(type) && type.GetGenericArguments().Length < 2;

    private static bool IsText(Type type) => TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string));

    private static IEnumerable<string> FaultsOfValue(IConfigurationSection section, Type type, bool isOptional)
    {
        if (section.GetChildren().Any())
            return [$"'{section.Path}' is a section; it must be {Expected(type)}."];
        if (section.Value is null && isOptional)
            return [];
        if (section.Value is "" && isOptional)
            return [$"'{section.Path}' is empty; it must be {Expected(type)}, or be left out."];
        // The converter also takes numbers and, of several names, their sum.
        if (type.IsEnum && !Enum.GetNames(type).Contains(section.Value, StringComparer.OrdinalIgnoreCase))
            return [$"'{section.Path}' is '{section.Value}'; it must be {Expected(type)}."];
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(section.Value ?? "");
            return [];
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            return [$"'{section.Path}' is '{section.Value}'; it must be {Expected(type)}."];
        }
    }

    private static string Expected(Type type) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => $"one of {string.Join(", ", Enum.GetNames(type))} ({type.Name})",
        _ when type == typeof(TimeSpan) => "a time such as 00:00:30 (TimeSpan)",
        _ when type == typeof(DateTimeOffset) => "a time such as 2030-12-31T12:00:00Z (DateTimeOffset)",
        TypeCode.Boolean => "true or false (Boolean)",
        TypeCode.Int32 or TypeCode.Int64 => $"a whole number ({type.Name})",
        TypeCode.Double or TypeCode.Decimal => $"a number ({type.Name})",
        TypeCode.String => "a text (String)",
        _ => $"a {type.Name}",
    };
}
