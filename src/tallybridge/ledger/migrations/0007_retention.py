from django.db import migrations, models

import tallybridge.ledger.models.addresses


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_tables_of_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="PrunedContent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("blob", models.BigIntegerField(unique=True)),
                ("address", tallybridge.ledger.models.addresses.AddressField(db_index=True)),
                ("kind", models.CharField(max_length=20)),
                ("size", models.PositiveBigIntegerField()),
                ("before", models.DateField()),
                ("at", models.DateTimeField()),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.AlterField(
            model_name="tenantfacts",
            name="evidence",
            field=tallybridge.ledger.models.addresses.AddressField(db_index=True, null=True),
        ),
    ]
