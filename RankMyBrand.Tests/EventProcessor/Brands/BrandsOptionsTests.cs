using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RankMyBrand.EventProcessor.Brands;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class BrandsOptionsTests
{
    [Fact]
    public void Validate_Defaults_Succeeds() => Assert.True(Validate(TestBrands.Defaults).Succeeded);

    [Theory]
    [InlineData(null, "Brands:Tracked:0:Name is ''; it must have a letter or a digit.")]
    [InlineData(" ++ ", "Brands:Tracked:0:Name is ' ++ '; it must have a letter or a digit.")]
    public void Validate_NameWithoutLetters_NamesTheKey(string? name, string expected)
    {
        var options = new BrandsOptions { Tracked = { new BrandOptions { Name = name ?? "" } } };

        Assert.Equal([expected], Validate(options).Failures);
    }

    [Fact]
    public void Validate_SeveralMistakes_NamesThemAll()
    {
        var options = new BrandsOptions
        {
            Tracked =
            {
                new BrandOptions { Name = "Google", Aliases = ["Gemini", ""], MinShareOfVoice = 2 },
                new BrandOptions { Name = "Others", Aliases = ["GEMINI", new string('x', 101)] },
            },
            Rule = { MinShareOfVoice = double.NaN, MinResponses = 0, Window = TimeSpan.FromSeconds(90), CoolDown = TimeSpan.FromSeconds(1) },
        };

        Assert.Equal(
            [
                "Brands:Rule:MinShareOfVoice is NaN; it must be a share from 0 to 1 (0 turns the rule off).",
                "Brands:Rule:MinResponses is 0; it must be from 1 to 1000000 responses.",
                "Brands:Rule:Window is 00:01:30; it must be whole minutes from 00:01:00 to 31.00:00:00.",
                "Brands:Rule:CoolDown is 00:00:01; it must be from Brands:Rule:Window (00:01:30) to 366.00:00:00.",
                "Brands:Tracked:0:MinShareOfVoice is 2; it must be a share from 0 to 1.",
                "Brands:Tracked:0:Aliases:1 is ''; it must have a letter or a digit.",
                "Brands:Tracked:1:Aliases:0 is 'GEMINI', which Brands:Tracked:0:Aliases:0 is already (case does not matter); each term must stand once.",
                "Brands:Tracked:1:Aliases:1 has 101 characters; it must have at most 100.",
            ],
            Validate(options).Failures);
    }

    [Theory]
    [InlineData("Brands:Traked:0:Name", "Acme", "Brands:Traked is not a setting; those are Tracked, Rule.")]
    [InlineData("Brands:Rule:CoolDwn", "1.00:00:00", "Brands:Rule:CoolDwn is not a setting; those are MinShareOfVoice, Window, ")]
    public void Start_WithASettingThatIsNone_NamesIt(string key, string value, string expected)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration["ConnectionStrings:rankmybrand"] = "Host=127.0.0.1;Port=1";
        builder.Configuration[key] = value;
        builder.AddBrandVisibility();
        using var host = builder.Build();

        var refusal = Assert.ThrowsAny<Exception>(() => host.Services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(expected, refusal.ToString(), StringComparison.Ordinal);
    }

    private static ValidateOptionsResult Validate(BrandsOptions options) =>
        new BrandsOptionsValidator().Validate(null, options);
}
