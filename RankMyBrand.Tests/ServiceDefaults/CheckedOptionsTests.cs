using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RankMyBrand.ServiceDefaults.Configuration;

namespace RankMyBrand.Tests.ServiceDefaults;

/// <summary>What a service does not understand of its settings stops its start.</summary>
public sealed class CheckedOptionsTests
{
    [Theory]
    [InlineData("Greeting:Wrod", "Hi", "Greeting:Wrod is not a setting; those are Word, Names, Style.")]
    [InlineData("Greeting:Loud", "true", "Greeting:Loud is not a setting")]
    [InlineData("Greeting:Names", "Ada", "'Greeting:Names' is a text; it must be a list, as in Greeting:Names:0.")]
    [InlineData("Greeting:Style", "bold", "'Greeting:Style' is a text; it must be a section.")]
    [InlineData("Greeting:Style:Sise", "3", "Greeting:Style:Sise is not a setting; those are Size.")]
    [InlineData("Greeting:Style:Size", "big", "'Greeting:Style:Size' is 'big'; it must be a whole number (Int32).")]
    [InlineData("Greeting:Word", "", "Configuration 'Greeting:Word' is not valid: ")]
    [InlineData("ServiceDefaults:Shutdwon:Timeout", "00:00:09", "ServiceDefaults:Shutdwon is not a setting; those are Telemetry, Health, Shutdown.")]
    [InlineData("ServiceDefaults:Health:Timout", "00:00:09", "ServiceDefaults:Health:Timout is not a setting; those are Timeout, KeepFor.")]
    public async Task Start_ASettingThatIsNotUnderstood_IsNamed(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(() => ServiceUnderTest.StartAsync(
            configure: builder => builder.Services.AddCheckedOptions<GreetingOptions>("Greeting"), settings: (key, value)));

        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SettingsThatAre_AreRead()
    {
        // A variable of the environment that is called as the section is none of its settings.
        await using var service = await ServiceUnderTest.StartAsync(
            configure: builder => builder.Services.AddCheckedOptions<GreetingOptions>("Greeting"),
            settings:
            [
                ("greeting", "http://elsewhere"), ("ServiceDefaults", "1"), ("Greeting:word", "Hi"), ("Greeting:Names:0", "Ada"),
                ("Greeting:Style:Size", "3"),
            ]);

        var options = service.App.Services.GetRequiredService<IOptions<GreetingOptions>>().Value;

        Assert.Equal(("Hi", "Ada", 3), (options.Word, Assert.Single(options.Names), options.Style.Size));
    }

    private sealed class GreetingOptions
    {
        [StringLength(20, MinimumLength = 1)]
        public string Word { get; set; } = "Hello";

        public IList<string> Names { get; } = [];

        public StyleOptions Style { get; } = new();

        public StyleOptions Loud => new() { Size = Style.Size * 2 };
    }

    private sealed class StyleOptions
    {
        public int Size { get; set; } = 1;
    }
}
